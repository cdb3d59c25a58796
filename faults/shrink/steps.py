"""Smaller plans than a given one, a step at a time: in their topology, their parameters and their times.

`measure` says what smaller means; each step of the shrinker must go down in it, so that shrinking ends. First counts
what happens, then who is there, then what has to be read, then how round the numbers are, then how large.

Requirements: V6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, TypeVar

import msgspec
from msgspec.structs import fields, replace

from faults.fields import time_fields
from faults.kinds import Fault
from faults.plan import Plan
from faults.shrink import topology_cuts
from model.decisions import settings_of
from model.protocol import REFERENCE
from model.topology import CoreSpec, TopologySpec

S = TypeVar("S", bound=msgspec.Struct)

MS = 1_000
SECOND = 1_000_000

LADDER = tuple(n * SECOND for n in (1, 2, 5, 10, 20, 30, 60, 90, 120))
"""Times that are easy to read, in µs, from short to long. None below a second: a person asks what is special about it."""

UNITS = (10 * SECOND, SECOND, 100 * MS, 10 * MS, MS)
"""What times are rounded to, in µs, coarsest first."""

LEAST = {"services": 1, "stores": 1, "replicas": 1, "queues": 1, "workers": 1, "relays": 1}
"""The least of each inner node; of all others none."""

_COUNTS = [field.name for field in fields(CoreSpec) if field.type is int]


def digits(number: int) -> int:
    """How many digits have to be read: those before the closing zeros."""
    return len(str(abs(number)).rstrip("0"))


def measure(plan: Plan) -> tuple[int, ...]:
    """How large a plan is: events and the probe, nodes and people, what is said besides, digits, and sums of numbers."""
    topology = plan.topology
    core = [getattr(topology.core, name) for name in _COUNTS]
    people = (
        len(topology.users) + len(topology.devices) + len(topology.conversations) + len(topology.regions)
        + len(topology.clusters) + sum(len(cluster.gateways) for cluster in topology.clusters)
        + sum(len(conversation.members) for conversation in topology.conversations)
        + sum(population.count + 1 for population in topology.populations)
    )  # fmt: skip
    said = (
        int(plan.explore_ties)
        + len(plan.settings)
        + len(plan.scaled)
        + bool(plan.theme)
        + len(topology.latency)
        + len(topology.wan)
    )
    said += len(topology.name_bytes)
    said += sum(_said(device) for device in topology.devices)
    said += sum(_said(conversation) for conversation in topology.conversations)
    said += sum(_said(item) for item in (*plan.workload, *plan.faults))
    times = [plan.duration, *(item.at for item in (*plan.workload, *plan.faults))]
    numbers = [value for fault in plan.faults for value in _numbers(fault).values()]
    sizes = [value for name, value in plan.settings.items() if type(value) is int and _is_size(name)]
    sizes += [conversation.head for conversation in topology.conversations]
    return (
        len(plan.workload) + len(plan.faults) + plan.probe,
        people + sum(core),
        said,
        sum(map(digits, (*times, *numbers))),
        sum(map(abs, (*numbers, *sizes))),
        sum(times),
    )


def _said(item: Any) -> int:
    """How much is said of something beyond what it must have: flags and words, list entries, chances below one."""
    said = 0
    for field in fields(item):
        value = getattr(item, field.name)
        if isinstance(value, tuple):
            said += len(value) if field.name != "members" and (field.required or value != field.default) else 0
        elif isinstance(value, float):
            said += value != 1.0
        elif field.name not in ("at", "nth") and not field.required:
            said += value != field.default
    return said


def _numbers(fault: Fault) -> dict[str, int]:
    """The numbers of a fault, but for when it begins."""
    values = {name: getattr(fault, name) for name in fault.__struct_fields__ if name != "at"}
    return {name: value for name, value in values.items() if type(value) is int}


def tidy(plan: Plan) -> Plan:
    """In the order of time, without expectation, nothing said that goes without saying: what is compared and run."""
    workload = tuple(sorted(plan.workload, key=lambda action: action.at))
    devices = tuple(map(_unsaid, plan.topology.devices))
    conversations = tuple(map(_unsaid, plan.topology.conversations))
    return replace(
        plan,
        workload=workload,
        faults=tuple(sorted(plan.faults, key=lambda f: f.at)),
        topology=replace(plan.topology, devices=devices, conversations=conversations),
        expect=None,
    )


def _unsaid(item: S) -> S:
    """The same, with the default itself where a value is equal to it: only then is it not written."""
    equal = {f.name: f.default for f in fields(item) if not f.required and getattr(item, f.name) == f.default}
    return replace(item, **equal) if equal else item


# --- topology -----------------------------------------------------------------------------------------------------


def topologies(plan: Plan) -> Iterator[Plan]:
    """The plan with less around it: the boldest steps first. Lists are for delta debugging."""
    core = plan.topology.core
    least = {name: min(getattr(core, name), LEAST.get(name, 0)) for name in _COUNTS}
    yield topology_cuts.with_core(topology_cuts.in_one_region(plan), **least)
    yield topology_cuts.with_core(plan, **least)
    yield topology_cuts.in_one_region(plan)
    pairs = {"hot_queues": "hot_workers"}
    for name in _COUNTS:
        for count in dict.fromkeys((least[name], getattr(core, name) - 1)):
            if count >= least[name]:
                yield topology_cuts.with_core(plan, **{name: count, **({pairs[name]: count} if name in pairs else {})})
    conversations = [conversation.name for conversation in plan.topology.conversations]
    for gone in reversed(conversations):
        for kept in conversations:
            if kept != gone:
                yield topology_cuts.with_conversation_in(plan, gone, kept)
    devices = plan.topology.devices
    for device in reversed(devices):
        for other in devices:
            if other is not device and other.user == device.user:
                yield topology_cuts.with_device_on(plan, device.name, other.name)
    yield from _populations(plan)
    yield from _descriptions(plan)


def _populations(plan: Plan) -> Iterator[Plan]:
    topology = plan.topology
    for i, population in enumerate(topology.populations):
        before, after = topology.populations[:i], topology.populations[i + 1 :]
        yield replace(plan, topology=replace(topology, populations=before + after))
        for count in dict.fromkeys((1, population.count // 10, population.count // 2, population.count - 1)):
            if 0 < count < population.count:
                fewer = replace(population, count=count)
                yield replace(plan, topology=replace(topology, populations=(*before, fewer, *after)))


def _descriptions(plan: Plan) -> Iterator[Plan]:
    """With less said of devices, conversations, ways and settings; page limits, histories and other sizes smaller."""
    topology = plan.topology
    heads = [conversation.head for conversation in topology.conversations]
    if plan.settings:
        yield replace(plan, settings={})
        if any(heads):
            yield replace(plan, settings={}, topology=_with_heads(topology, [0] * len(heads)))
    for name in plan.settings:
        yield replace(plan, settings={k: v for k, v in plan.settings.items() if k != name})
    if plan.theme:
        yield replace(plan, theme="")
    for name in plan.scaled:
        yield replace(plan, scaled={k: v for k, v in plan.scaled.items() if k != name})
    for name, value in plan.settings.items():
        if type(value) is int and _is_size(name):
            for less in _fewer(value):
                yield replace(plan, settings={**plan.settings, name: less})
    for i, head in enumerate(heads):
        for less in _fewer(head):
            yield replace(plan, topology=_with_heads(topology, [*heads[:i], less, *heads[i + 1 :]]))
    if topology.name_bytes:
        yield replace(plan, topology=replace(topology, name_bytes={}))
    if topology.latency:
        yield replace(plan, topology=replace(topology, latency={}))
    for i in range(len(topology.wan)):
        yield replace(plan, topology=replace(topology, wan=topology.wan[:i] + topology.wan[i + 1 :]))
    for listed in ("devices", "conversations"):
        items = getattr(topology, listed)
        for i, item in enumerate(items):
            for field in fields(item):
                if not field.required and getattr(item, field.name) != field.default:
                    plainer = (*items[:i], replace(item, **{field.name: field.default}), *items[i + 1 :])
                    yield replace(plan, topology=replace(topology, **{listed: plainer}))


@cache
def _is_size(setting: str) -> bool:
    """Whether a setting of the protocol says how many: what says how long is left as it is, for shorter intervals cost more."""
    component, _, name = setting.partition(".")
    known = settings_of(REFERENCE.components().get(component, object)).get(name)
    return known is not None and "µs" not in known.unit


def _with_heads(topology: TopologySpec, heads: Sequence[int]) -> TopologySpec:
    """The topology with so many messages in each conversation before the run begins."""
    pairs = zip(topology.conversations, heads, strict=True)
    return replace(topology, conversations=tuple(replace(conversation, head=head) for conversation, head in pairs))


# --- parameters ---------------------------------------------------------------------------------------------------


def parameters(plan: Plan) -> Iterator[Plan]:
    """The plan with something plainer in one action or fault, or with ties in a fixed order."""
    if plan.explore_ties:
        yield replace(plan, explore_ties=False)
    for i, action in enumerate(plan.workload):
        for field in fields(action):
            if not field.required and getattr(action, field.name) != field.default:
                plainer = replace(action, **{field.name: field.default})
                yield replace(plan, workload=(*plan.workload[:i], plainer, *plan.workload[i + 1 :]))
    for i, fault in enumerate(plan.faults):
        for plain in _plainer(fault):
            yield replace(plan, faults=(*plan.faults[:i], plain, *plan.faults[i + 1 :]))


def _plainer(fault: Fault) -> Iterator[Fault]:
    for field in fields(fault):
        name, value = field.name, getattr(fault, field.name)
        plainer: Iterable[object] = ()
        if name == "at":
            plainer = (0,) if fault.armed and value else ()
        elif isinstance(value, bool):
            plainer = () if field.required or value == field.default else (field.default,)
        elif name == "nth":
            plainer = range(1, value)
        elif name in time_fields(type(fault)):
            plainer = _rounder(value) if value > 0 else (-time for time in _rounder(-value))
        elif isinstance(value, int):
            plainer = _fewer(value)
        elif isinstance(value, float):
            plainer = (1.0,) if value < 1 else ()
        elif isinstance(value, tuple):
            one = ((each,) for each in value if len(value) > 1)
            plainer = (*one, *(value[:j] + value[j + 1 :] for j in range(len(value))))
        yield from _changed(fault, name, plainer)


def _changed(fault: Fault, name: str, values: Iterable[object]) -> Iterator[Fault]:
    """The fault with each of these values in a field, but for those with which there is no such fault."""
    for value in values:
        try:
            yield replace(fault, **{name: value})
        except ValueError:
            continue


def _fewer(number: int) -> Iterator[int]:
    """Smaller numbers than this one, which is no time: how many, how many times as long."""
    sign = -1 if number < 0 else 1
    size = abs(number)
    return (sign * less for less in dict.fromkeys((1, 2, 10, 100, size // 10, size // 2, size - 1)) if 0 < less < size)


def _rounder(time: int) -> Iterator[int]:
    """Easier times than this one: the shortest first, then what is near it."""
    yield from (rung for rung in LADDER if rung < time)
    for unit in UNITS:
        yield from (near for near in (time - time % unit, time - time % unit + unit) if near != time and near)


# --- times --------------------------------------------------------------------------------------------------------


def times(plan: Plan) -> Iterator[Plan]:
    """The plan, shorter: healed sooner, its events pulled together, and their times rounded."""
    last = max((item.at for item in (*plan.workload, *plan.faults)), default=0)
    for more in (0, SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND, 60 * SECOND):
        end = -(-(last + more) // SECOND) * SECOND
        if SECOND <= end < plan.duration:
            yield replace(plan, duration=end)
    yield from (replace(plan, duration=time) for time in _rounder(plan.duration) if time >= last)
    moments = sorted({0, *(item.at for item in (*plan.workload, *plan.faults))})
    for before, after in pairwise(moments):
        for gap in (0, *LADDER):
            if gap < after - before:
                yield _earlier(plan, after, after - before - gap)
    for i, action in enumerate(plan.workload):
        for at in _near(action.at):
            yield replace(plan, workload=(*plan.workload[:i], replace(action, at=at), *plan.workload[i + 1 :]))
    for i, fault in enumerate(plan.faults):
        for at in _near(fault.at):
            yield replace(plan, faults=(*plan.faults[:i], replace(fault, at=at), *plan.faults[i + 1 :]))


def _near(time: int) -> Iterator[int]:
    for unit in UNITS:
        yield from (near for near in (time - time % unit, time - time % unit + unit) if near != time)


def _earlier(plan: Plan, since: int, by: int) -> Plan:
    """The plan with everything from `since` on `by` µs earlier, its end too."""

    def moved(item: Any) -> Any:
        return replace(item, at=item.at - by) if item.at >= since else item

    return replace(
        plan,
        duration=plan.duration - by,
        workload=tuple(moved(action) for action in plan.workload),
        faults=tuple(moved(fault) for fault in plan.faults),
    )
