"""What the fields of faults hold: a name in a topology, a time, a count. Each type of field brings its own check.

A kind of fault annotates its fields with these types, and is checked by them: nothing goes by a field's name.

Requirements: F1, F3, V5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, NamedTuple

import msgspec

from model.protocol import REFERENCE, Protocol
from model.topology import TopologySpec, graph, inner_nodes, store_replicas
from model.wire.routes import messages_of


class Wrong(NamedTuple):
    """A field, what is wrong with it, and, of a name that does not exist, the names that do."""

    field: str
    text: str
    name: str = ""
    known: Iterable[str] = ()


class There:
    """What a fault can name in a topology whose populations are spelled out, and in a protocol (None: it is not known yet)."""

    def __init__(self, topology: TopologySpec, protocol: Protocol | None = REFERENCE) -> None:
        self.topology = topology
        self.protocol = protocol
        self.kinds = {gateway: "gateway" for cluster in topology.clusters for gateway in cluster.gateways}
        self.kinds |= inner_nodes(topology) | {device.name: "device" for device in topology.devices}
        self.partitions = store_replicas(topology)
        self.regions = topology.regions
        self.conversations = [each.name for each in topology.conversations]

    def messages(self) -> Mapping[str, type] | None:
        """The payload types by name."""
        return None if self.protocol is None else messages_of(*self.protocol.components().values())

    def points(self, component: str) -> tuple[str, ...]:
        """The crash points of a component."""
        return getattr((self.protocol or REFERENCE).components().get(component), "points", ())

    def lacks_point(self, component: str, point: str) -> bool:
        """Whether a component has no such crash point: one that nobody has may be of a protocol that is not known yet."""
        if point in self.points(component):
            return False
        return self.protocol is not None or any(point in self.points(each) for each in REFERENCE.components())

    def selects(self, selector: str, *, device: bool) -> bool:
        """Whether a selector selects any device, or else any server."""
        return any(
            (node["kind"] == "device") is device
            and selector in ("*", name, f"kind:{node['kind']}", f"region:{node['region']}")
            for name, node in graph(self.topology).nodes.items()
        )


Check = Callable[[str, Any, There], Iterator[Wrong]]
"""Given a field, its value and the topology: what is wrong."""


class Holds(NamedTuple):
    """What is known of a field beside its type."""

    check: Check | None = None
    node: bool = False
    """It names a node, or lists some."""
    partition: bool = False
    """It names a store partition."""
    select: str | None = None
    """It selects nodes: this and its value is the selector; None: it does not."""
    time: bool = False
    """It is a time in µs. Any other whole number is a count, or how many times as long."""
    lasts: bool = False
    """It is how long the fault is on."""


@cache
def held(kind: type[msgspec.Struct]) -> dict[str, Holds]:
    """What the fields of a kind of fault hold, in their order; those of a plain type are left out."""
    marks = {f.name: getattr(f.type, "__metadata__", ()) for f in msgspec.structs.fields(kind)}
    return {name: mark for name, each in marks.items() for mark in each if isinstance(mark, Holds)}


@cache
def time_fields(kind: type[msgspec.Struct]) -> frozenset[str]:
    """The fields of a kind of fault that are times in µs, beside `at`."""
    return frozenset(name for name, holds in held(kind).items() if holds.time and name != "at")


def listed(field: str, value: str | tuple[str, ...]) -> list[tuple[str, str]]:
    """What a field names, as (field, name): a list's entries are `field[0]` and so on."""
    return [(field, value)] if isinstance(value, str) else [(f"{field}[{i}]", name) for i, name in enumerate(value)]


def a_node(*kinds: str) -> Check:
    """It names a node, of one of these kinds if any are given."""

    def check(field: str, value: Any, there: There) -> Iterator[Wrong]:
        for at, name in listed(field, value):
            if name not in there.kinds:
                yield Wrong(at, f"this topology has no node {name!r}", name, there.kinds)
            elif kinds and there.kinds[name] not in kinds:
                yield Wrong(at, f"expected a {' or '.join(kinds)}, but {name!r} is a {there.kinds[name]}")

    return check


def _partition(field: str, value: str, there: There) -> Iterator[Wrong]:
    if value not in there.partitions:
        yield Wrong(field, f"this topology has no store partition {value!r}", value, there.partitions)


def _conversation(field: str, value: str, there: There) -> Iterator[Wrong]:
    if value not in there.conversations:
        yield Wrong(field, f"this topology has no conversation {value!r}", value, there.conversations)


def selecting(before: str) -> Check:
    """It selects something: `before` and each value is a selector."""

    def check(field: str, value: str | tuple[str, ...], there: There) -> Iterator[Wrong]:
        values = (value,) if isinstance(value, str) else value
        if not values:
            yield Wrong(field, "expected at least one selector")
        for i, selector in enumerate(f"{before}{each}" for each in values):
            what, _, which = selector.rpartition(":")
            known = {"kind": set(there.kinds.values()), "region": set(there.regions), "": {*there.kinds, "*"}}
            if which not in known.get(what, set()):
                every = [f"{what}:{each}" if what else each for what, names in known.items() for each in sorted(names)]
                yield Wrong(f"{field}[{i}]", f"this topology has nothing that {selector!r} selects", selector, every)

    return check


def _messages(field: str, value: str | tuple[str, ...], there: There) -> Iterator[Wrong]:
    for at, name in listed(field, value):
        known = there.messages()
        if known is not None and name not in known:
            yield Wrong(at, f"there is no message kind {name!r}", name, known)


def at_least(least: int, unit: str = "") -> Check:
    """A number that may not be smaller."""

    def check(field: str, value: int, there: There) -> Iterator[Wrong]:
        if value < least:
            yield Wrong(field, f"expected at least {least}{unit}, got {value}")

    return check


def not_zero(unit: str, *, negative: bool) -> Check:
    """A number of which 0 leaves all as it is."""

    def check(field: str, value: int, there: There) -> Iterator[Wrong]:
        if value == 0:
            yield Wrong(field, f"expected other than 0 {unit}, which changes nothing")
        if value < 0 and not negative:
            yield Wrong(field, f"expected at least 0 {unit}, got {value}")

    return check


NodeName = Annotated[str, Holds(a_node(), node=True)]
DeviceName = Annotated[str, Holds(a_node("device"), node=True)]
DeviceNames = Annotated[tuple[str, ...], Holds(a_node("device"), node=True)]
GatewayName = Annotated[str, Holds(a_node("gateway"), node=True)]
QueueName = Annotated[str, Holds(a_node("queue"), node=True)]
CacheName = Annotated[str, Holds(a_node("registry", "presence", "cache"), node=True)]
PartitionName = Annotated[str, Holds(_partition, partition=True)]
ConversationName = Annotated[str, Holds(_conversation)]
MessageKind = Annotated[str, Holds(_messages)]
MessageKinds = Annotated[tuple[str, ...], Holds(_messages)]
Selector = Annotated[str, Holds(selecting(""), select="")]
Selectors = Annotated[tuple[str, ...], Holds(selecting(""), select="")]
Region = Annotated[str, Holds(selecting("region:"), select="region:")]
Time = Annotated[int, Holds(time=True)]
"""A time in µs."""
Lasting = Annotated[int, Holds(at_least(0, " µs"), time=True, lasts=True)]
"""How long the fault is on, in µs."""
Delay = Annotated[int, Holds(not_zero("µs", negative=False), time=True)]
"""How much later something happens, in µs."""
Jump = Annotated[int, Holds(not_zero("µs", negative=True), time=True)]
"""By how much a clock is wrong, in µs; negative: behind."""
Rate = Annotated[int, Holds(not_zero("µs a second", negative=True))]
"""How much a clock gains, in µs a second; negative: loses."""
Nth = Annotated[int, Holds(at_least(1))]
"""The how manieth time counts."""
