"""A plan is data: what is sent and what goes wrong, when, in which deployment, under which seed and protocol.

Seeds, Hypothesis, sweeps and people all make plans; one runner runs them, one shrinker shrinks them, and the same file
replays them. The form is JSON, `parley_plan` is its version.

Requirements: V5, V7, F1, F3.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from faults.codec import written
from faults.error_paths import located
from faults.kinds import Fault, RegionDown, RollingRestart, SwitchAccount, ThunderingHerd
from faults.kinds.load import MOST_SENDS
from model.protocol import REFERENCE, VariantError, configured
from model.topology import TopologyError, TopologySpec, expand, graph, inner_nodes, store_replicas, validate
from model.wire.routes import KINDS
from sim.near import near

VERSION = 1


class PlanError(ValueError):
    """A plan that can't be run. The text names the path of the value that is wrong and what was expected.

    `name` is what the plan calls a thing that there is not, and `known` what there is: the text suggests what is near. It is
    looked for only when somebody reads it, as shrinking tries many plans that can't be run.
    """

    def __init__(self, text: str, name: str = "", known: Iterable[str] = ()) -> None:
        super().__init__(text)
        self._name, self._known = name, known

    def __str__(self) -> str:
        return f"{super().__str__()}{near(self._name, self._known) if self._name else ''}"


class Send(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag="send",
    tag_field="do",
):
    """At `at` µs a person sends a message from `device` to `conversation`."""

    at: int
    device: str
    conversation: str
    body: str = ""
    attachment: int = 0
    """How many bytes the message carries beside its text; 0: no attachment."""
    type: str = ""
    """The payload's type: '' is text; an app may not know another one, say poll."""


class Read(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="read", tag_field="do"):
    """At `at` µs the user of `device` reads everything that it shows of `conversation`."""

    at: int
    device: str
    conversation: str


class Type(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="type", tag_field="do"):
    """At `at` µs the user of `device` types in `conversation`."""

    at: int
    device: str
    conversation: str


class Join(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="join", tag_field="do"):
    """At `at` µs the user of `device` adds `user` to `conversation`."""

    at: int
    device: str
    conversation: str
    user: str


class Leave(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="leave", tag_field="do"):
    """At `at` µs the user of `device` removes `user`, perhaps himself or herself, from `conversation`."""

    at: int
    device: str
    conversation: str
    user: str


class Update(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="update", tag_field="do"):
    """At `at` µs the app of `device` becomes one of `app_version`, which knows the payload types in `capabilities`."""

    at: int
    device: str
    app_version: str
    capabilities: tuple[str, ...] = ("*",)


Action = Send | Read | Type | Join | Leave | Update


class ProtocolRef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which protocol the plan is for: its name, and the variant file that it comes from ('' for the reference)."""

    name: str = "reference"
    file: str = ""


class Expectation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the run showed when the plan was written: the violated properties and the history's digest."""

    violates: tuple[str, ...]
    digest: str


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that determines a run.

    `duration`: µs until load stops and every fault is healed; `bound`: µs within which the system must converge after
    that; `tail`: µs that a converged system is watched further, so that what comes late is seen.
    """

    parley_plan: int
    scenario: str
    seed: int
    protocol: ProtocolRef
    explore_ties: bool
    duration: int
    bound: int
    tail: int
    workload: tuple[Action, ...]
    faults: tuple[Fault, ...]
    topology: TopologySpec
    settings: dict[str, int | str] = {}
    """Settings of the protocol that the scenario gives other values: 'component.setting' to value."""
    expect: Expectation | None = None


def check(plan: Plan, path: str = "$") -> None:
    """Raises PlanError if the plan names what its topology doesn't have, or times that make no sense."""
    topology = plan.topology
    try:
        validate(topology, f"{path}.topology")
    except TopologyError as error:
        raise PlanError(str(error)) from None
    try:
        configured(REFERENCE, plan.settings)
    except VariantError as error:
        raise PlanError(f"{path}.settings.{error}") from None
    for field in ("duration", "bound", "tail"):
        if getattr(plan, field) < 0:
            raise PlanError(f"{path}.{field}: expected at least 0 µs, got {getattr(plan, field)}")
    if plan.seed < 0:
        raise PlanError(f"{path}.seed: expected at least 0, got {plan.seed}")
    topology = expand(topology)
    devices = {device.name: device.user for device in topology.devices}
    conversations = {conversation.name: conversation.members for conversation in topology.conversations}
    for i, action in enumerate(plan.workload):
        at = f"{path}.workload[{i}]"
        if action.device not in devices:
            raise PlanError(f"{at}.device: this topology has no device {action.device!r}", action.device, devices)
        if not isinstance(action, Update) and action.conversation not in conversations:
            raise PlanError(
                f"{at}.conversation: this topology has no conversation {action.conversation!r}",
                action.conversation,
                conversations,
            )
        if isinstance(action, Join | Leave) and action.user not in topology.users:
            raise PlanError(f"{at}.user: this topology has no user {action.user!r}", action.user, topology.users)
        if isinstance(action, Send) and action.attachment < 0:
            raise PlanError(f"{at}.attachment: expected at least 0 bytes, got {action.attachment}")
        if not 0 <= action.at <= plan.duration:
            raise PlanError(
                f"{at}.at: expected a time within the plan's duration of {plan.duration} µs, got {action.at}"
            )
    sent: dict[str, int] = {}
    for i, fault in enumerate(plan.faults):
        for wrong in _faulty(fault, topology, devices):
            raise PlanError(f"{path}.faults[{i}].{wrong.field}: {wrong.text}", wrong.name, wrong.known)
        if not 0 <= fault.at <= plan.duration:
            raise PlanError(
                f"{path}.faults[{i}].at: expected a time within the plan's duration of {plan.duration} µs, got {fault.at}"
            )
        for user, count in fault.sends(devices, conversations).items():
            sent[user] = sent.get(user, 0) + count
            if sent[user] > MOST_SENDS:
                raise PlanError(
                    f"{path}.faults[{i}].count: expected at most {MOST_SENDS:,} sends of one user by a plan's faults, "
                    f"got {sent[user]:,} of {user}"
                )


_MUST_BE = {"gateway": ("gateway",), "queue": ("queue",), "cache": ("registry", "presence", "cache")}
"""What kinds of node a fault's field may name, by the field."""


class _Wrong(NamedTuple):
    """A field, what is wrong with it, and, of a name that there is not, which names there are."""

    field: str
    text: str
    name: str = ""
    known: Iterable[str] = ()


def _faulty(fault: Fault, topology: TopologySpec, devices: dict[str, str]) -> Iterator[_Wrong]:
    """What a fault names and the topology lacks."""
    kinds = {gateway: "gateway" for cluster in topology.clusters for gateway in cluster.gateways}
    kinds |= inner_nodes(topology)
    kinds |= dict.fromkeys(devices, "device")
    for field, name in fault.nodes():
        if name not in kinds:
            yield _Wrong(field, f"this topology has no node {name!r}", name, kinds)
        elif (field.startswith("device") or field == "to") and name not in devices:
            yield _Wrong(field, f"expected a device, but {name!r} is a {kinds[name]}")
        elif field in _MUST_BE and kinds[name] not in _MUST_BE[field]:
            yield _Wrong(field, f"expected a {' or '.join(_MUST_BE[field])}, but {name!r} is a {kinds[name]}")
    for field, name in fault.partitions():
        if name not in store_replicas(topology):
            yield _Wrong(field, f"this topology has no store partition {name!r}", name, store_replicas(topology))
    for field, selectors in fault.selectors():
        if not selectors:
            yield _Wrong(field, "expected at least one selector")
        for i, selector in enumerate(selectors):
            what, _, which = selector.rpartition(":")
            known = {"kind": set(kinds.values()), "region": set(topology.regions), "": {*kinds, "*"}}
            if which not in known.get(what, set()):
                every = [f"{what}:{each}" if what else each for what, names in known.items() for each in sorted(names)]
                yield _Wrong(f"{field}[{i}]", f"this topology has nothing that {selector!r} selects", selector, every)
    yield from (_Wrong(field, text) for field, text in _pointless(fault, topology))
    if hasattr(fault, "point"):
        named = [kinds[name] for _, name in fault.nodes() if name in kinds]
        kind = "store" if fault.partitions() else named[0]
        points = REFERENCE.components()[kind].points  # type: ignore[attr-defined]
        if fault.point not in points:
            yield _Wrong("point", f"a {kind} has no crash point {fault.point!r}; it has {', '.join(points)}")
    conversation = getattr(fault, "conversation", None)
    conversations = [each.name for each in topology.conversations]
    if conversation is not None and conversation not in conversations:
        yield _Wrong("conversation", f"this topology has no conversation {conversation!r}", conversation, conversations)
    if getattr(fault, "nth", 1) < 1:
        yield _Wrong("nth", f"expected at least 1, got {fault.nth}")  # type: ignore[union-attr]
    if getattr(fault, "delay", 0) < 0:
        yield _Wrong("delay", f"expected at least 0 µs, got {fault.delay}")  # type: ignore[union-attr]
    if fault.lasts() < 0:
        field = next(name for name in ("duration", "down", "asleep", "most", "hold") if hasattr(fault, name))
        yield _Wrong(field, f"expected at least 0 µs, got {fault.lasts()}")
    listed = [(f"kinds[{i}]", kind) for i, kind in enumerate(getattr(fault, "kinds", ()))]
    for field, kind in (*listed, *([("kind", fault.kind)] if hasattr(fault, "kind") else [])):
        if kind not in KINDS:
            yield _Wrong(field, f"there is no message kind {kind!r}", kind, KINDS)


_NO_DIFFERENCE = {"by": "µs", "rate": "µs a second", "delay": "µs"}
"""Fields of which 0 leaves all as it is, with their units."""


def _pointless(fault: Fault, topology: TopologySpec) -> Iterator[tuple[str, str]]:
    """What a fault is aimed at and can do nothing to: (field, what is wrong)."""
    if isinstance(fault, RegionDown) and not _selects(topology, f"region:{fault.region}", device=False):
        yield "region", f"expected a region with servers, but {fault.region!r} has none"
    if isinstance(fault, ThunderingHerd) and not _selects(topology, f"region:{fault.region}", device=True):
        yield "region", f"expected a region with devices, but {fault.region!r} has none"
    if isinstance(fault, RollingRestart) and not _selects(topology, fault.nodes_of, device=False):
        yield "nodes_of", f"expected servers, but {fault.nodes_of!r} selects only devices"
    if isinstance(fault, SwitchAccount) and fault.device == fault.to:
        yield "to", f"expected another device than {fault.device!r}: its user is logged in there"
    for field, unit in _NO_DIFFERENCE.items():
        if getattr(fault, field, None) == 0:
            yield field, f"expected other than 0 {unit}, which changes nothing"
    if getattr(fault, "factor", None) == 1 and getattr(fault, "lag", None) == 0:
        yield "factor", "expected at least 2, or a lag: as fast as usual changes nothing"


def _selects(topology: TopologySpec, selector: str, *, device: bool) -> bool:
    """Whether a selector selects any device, or else any server."""
    return any(
        (its["kind"] == "device") is device
        and selector in ("*", name, f"kind:{its['kind']}", f"region:{its['region']}")
        for name, its in graph(topology).nodes.items()
    )


def encode(plan: Plan) -> bytes:
    """The plan as JSON, the same bytes for the same plan: a line for each action, each fault, each device and so on."""
    return f"{_laid_out(written(plan))}\n".encode()


def _laid_out(value: Any, indent: str = "") -> str:
    """JSON with the keys of a plan and of its topology, and what these list, on lines of their own."""
    inner = f"{indent}  "
    listed = isinstance(value, list | tuple) and any(isinstance(item, dict) for item in value)
    if listed:
        lines = [json.dumps(item, ensure_ascii=False) for item in value]
    elif isinstance(value, dict) and len(indent) <= 2 and ("topology" in value or "core" in value):
        lines = [f"{json.dumps(key, ensure_ascii=False)}: {_laid_out(item, inner)}" for key, item in value.items()]
    else:
        return json.dumps(value, ensure_ascii=False)
    start, end = "[]" if listed else "{}"
    return start + ",".join(f"\n{inner}{line}" for line in lines) + f"\n{indent}{end}"


def decode(data: bytes) -> Plan:
    """The plan in a file's bytes, checked. Raises PlanError."""
    try:
        version = msgspec.json.decode(data, type=_Version).parley_plan
    except msgspec.DecodeError as error:
        raise PlanError(f"$: {error}") from None
    if version != VERSION:
        raise PlanError(f"$.parley_plan: expected a plan of version {VERSION}, got {version!r}")
    try:
        plan = msgspec.json.decode(data, type=Plan)
    except msgspec.ValidationError as error:
        raise PlanError(located(error, msgspec.json.decode(data), Plan)) from None
    check(plan)
    return plan


class _Version(msgspec.Struct):
    parley_plan: int | str | None = None


def read(path: Path) -> Plan:
    """The plan in a file. Raises PlanError with the file's name."""
    try:
        return decode(path.read_bytes())
    except OSError as error:
        raise PlanError(f"{path}: {error.strerror or error}") from None
    except PlanError as error:
        raise PlanError(f"{path}: {error}") from None
