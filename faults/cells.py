"""What can be covered: cells of (state, event, fault), and which of them a run reached.

A fault of that kind took effect while the newest message was in that state of its lifecycle, at that event: the crash point
that it was armed at, or else the last step of the lifecycle before it. The cells come from the lifecycle's table, the
components' crash points and the kinds of fault; nothing is listed by hand.

The newest message is the one that was committed last, whichever conversation it is in. A message has a state for each device
of each recipient; this is the one that is furthest along the way: FAILED only while nobody else holds it either. What its
own sender stores and reads moves it nowhere.

Not every cell can be reached by a campaign (`within`). A message is given up only where that can be before all is healed: by
its time to live, or because its recipient is stuck, and both are weeks unless a scenario sets them. Its random plans arm
faults at devices only if it says so (`at_devices`), and those that concern a queue or a cache only at who works with it. A
sequencer shard has something to do only under a protocol that takes places from it, and workers distribute tasks only if a
message is fanned out on write.

Requirements: V4, V5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from faults.generate import Campaign
from faults.kinds import KINDS, Fault
from faults.plan import Plan
from faults.when import AtPoint
from model.events import CursorStored, Persisted, ReadStored
from model.fan_out import Hybrid, OnRead
from model.lifecycle import TABLE, State
from model.protocol import REFERENCE, Protocol
from model.topology import TopologySpec, inner_nodes
from sim.history import Event, FaultStarted, Healed

Cell = tuple[str, str, str]

EVIDENCE = tuple(dict.fromkeys(transition.evidence for transition in TABLE))
POINTS: tuple[str, ...] = tuple(
    f"{kind}:{point}"
    for kind, component in REFERENCE.components().items()
    for point in getattr(component, "points", ())
)
NEXT: dict[type[Event], dict[State, State]] = {
    evidence: {before: t.after for t in reversed(TABLE) if t.evidence is evidence for before in t.before}
    for evidence in EVIDENCE
}
"""The state that a message comes to by a piece of evidence, by the state that it was in."""


def at_point(kind: str) -> type[AtPoint] | None:
    """The kind of fault of this name, if it is armed at a crash point."""
    cls = KINDS[kind]
    return cls if issubclass(cls, AtPoint) else None


def fits(kind: type[AtPoint], point: str) -> bool:
    """Whether a fault of this kind can be armed at a point: those of devices, gateways and store partitions at their own."""
    return kind.own in ("", point.partition(":")[0])


def cells() -> Iterator[Cell]:
    """Every cell: a fault that is armed at points with every point, any other with every step of the lifecycle."""
    for state in State:
        for kind in KINDS:
            for event in POINTS if at_point(kind) else [evidence.__name__ for evidence in EVIDENCE]:
                yield state.value, event, kind


def moments(history: Sequence[Event]) -> Iterator[tuple[Event, State, str]]:
    """Each event before the healing, with the newest message's state then, and the last step of a lifecycle ('': none)."""
    state, last = State.SENT, ""
    newest: Persisted | None = None
    for event in history:
        kind = type(event)
        if kind in NEXT:
            if isinstance(event, Persisted):
                newest, state = event, State.ACCEPTED
            elif newest is not None and _moves(newest, event):
                state = NEXT[kind].get(state, state)
            last = kind.__name__
        elif kind is Healed:
            return
        yield event, state, last


def _moves(newest: Persisted, event: Event) -> bool:
    """Whether a piece of evidence is about this message, and of somebody else than its sender."""
    if getattr(event, "conversation", "") != newest.conversation:
        return False
    match event:
        case CursorStored():
            return event.to >= newest.seq and event.device != newest.device
        case ReadStored():
            return event.to >= newest.seq and event.user != newest.sender
    return getattr(event, "seq", 0) == newest.seq


def within(topology: TopologySpec, duration: int, protocol: Protocol, campaign: Campaign) -> Iterator[Cell]:
    """The cells that random plans of a campaign can reach on a deployment in `duration` µs before all is healed."""
    there, chosen = frozenset(points_of(topology)), frozenset(campaign.every_kind())
    given_up = gives_up(protocol, duration)
    for state, event, kind in cells():
        if kind not in chosen or (state == State.FAILED.value and not given_up):
            continue
        armed = at_point(kind)
        if armed is None or (
            event in there
            and not _idle(event, protocol)
            and fits(armed, event)
            and armed.aimed(event.partition(":")[0], campaign.at_devices)
        ):
            yield state, event, kind


def _idle(point: str, protocol: Protocol) -> bool:
    """Whether no node ever comes to a crash point under a protocol."""
    if point.startswith("shard:"):
        return not protocol.sequencer.needs_shards
    return point == "worker:distributed" and protocol.fan_out.strategy in (Hybrid.strategy, OnRead.strategy)


def gives_up(protocol: Protocol, duration: int) -> bool:
    """Whether a delivery may be given up in so many µs: by its age, as its recipient is stuck, or by a variant's own rule."""
    worker, store = protocol.worker, protocol.store
    own = worker.abandons is not REFERENCE.worker.abandons or store.is_stuck is not REFERENCE.store.is_stuck
    return own or min(worker.time_to_live, store.stuck_after) < duration


def reached(plan: Plan, history: Sequence[Event]) -> dict[Cell, int]:
    """The cells that a run reached, and how often; the event is '' for what struck before any step of a lifecycle."""
    found: dict[Cell, int] = {}
    if plan.faults:
        component = _components(plan.topology)
        for event, state, last in moments(history):
            if type(event) is FaultStarted:
                cell = state.value, _point(plan.faults[event.fault], component) or last, event.kind
                found[cell] = found.get(cell, 0) + 1
    return found


def points_of(topology: TopologySpec) -> tuple[str, ...]:
    """The crash points of the components that a deployment has."""
    there = {"device", "gateway", *inner_nodes(topology).values()}
    return tuple(point for point in POINTS if point.partition(":")[0] in there)


def _point(fault: Fault, component: Callable[[str], str]) -> str:
    """The crash point that a fault is armed at, as 'component:point', or ''."""
    point = getattr(fault, "point", "")
    if not point:
        return ""
    named = [name for _, name in fault.nodes()]
    return f"{component(named[0]) if named else 'store'}:{point}"


def _components(topology: TopologySpec) -> Callable[[str], str]:
    """What kind of component a node is, by its name."""
    kinds = inner_nodes(topology) | {g: "gateway" for cluster in topology.clusters for g in cluster.gateways}
    return lambda name: kinds.get(name, "device")
