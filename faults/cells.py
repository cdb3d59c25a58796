"""What can be covered: cells of (state, event, fault), and which of them a run reached.

A fault of that kind took effect while the newest message was in that state of its lifecycle, at that event: the crash point
that it was armed at, or else the last step of the lifecycle before it. The cells come from the lifecycle's table, the
components' crash points and the kinds of fault; nothing is listed by hand. Not every cell can be reached.

Requirements: V4, V5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from faults.kinds import KINDS, Fault
from faults.plan import Plan
from model.events import Persisted
from model.lifecycle import TABLE, State
from model.protocol import REFERENCE
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


def at_points(kind: str) -> bool:
    """Whether a fault of this kind is armed at a crash point."""
    return "point" in KINDS[kind].__struct_fields__


def fits(kind: str, point: str) -> bool:
    """Whether a fault of this kind can be armed at a point: those of devices, gateways and store partitions at their own."""
    component = point.partition(":")[0]
    fields = KINDS[kind].__struct_fields__
    if "partition" in fields:
        return component == "store"
    return next((component == own for own in ("device", "gateway") if own in fields), True)


def cells() -> Iterator[Cell]:
    """Every cell: a fault that is armed at points with every point, any other with every step of the lifecycle."""
    for state in State:
        for kind in KINDS:
            for event in POINTS if at_points(kind) else [evidence.__name__ for evidence in EVIDENCE]:
                yield state.value, event, kind


def moments(history: Sequence[Event]) -> Iterator[tuple[Event, State, str]]:
    """Each event before the healing, with the newest message's state then, and the last step of a lifecycle ('': none)."""
    state, last = State.SENT, ""
    for event in history:
        kind = type(event)
        if kind in NEXT:
            state = State.ACCEPTED if kind is Persisted else NEXT[kind].get(state, state)
            last = kind.__name__
        elif kind is Healed:
            return
        yield event, state, last


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
