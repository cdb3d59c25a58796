"""Coverage-guided search: plans are changed towards cells that no run has reached yet.

A *cell* is (state, event, fault): a fault of that kind took effect while the newest message was in that state of its
lifecycle, at that event: the crash point that it was armed at, or else the last step of the lifecycle before it. The cells
come from the lifecycle's table, the components' crash points and the kinds of fault; nothing is listed by hand. Not every
cell can be reached.

A run that reached a new cell is kept, as a parent of later plans. A child has one fault more than a parent: of a kind, and
at an event, that together make an unreached cell for a state that the parent's run went through.

Requirements: V5, V4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from faults.generate import MAKERS, _Setting
from faults.kinds import KINDS, Fault
from faults.plan import Plan, PlanError, check
from faults.search import Seen, Trial
from model.events import Persisted
from model.lifecycle import TABLE, State
from model.protocol import REFERENCE
from sim.draws import Draws, Picker
from sim.history import Event, FaultStarted, Healed

Cell = tuple[str, str, str]

EVIDENCE = tuple(dict.fromkeys(transition.evidence for transition in TABLE))
POINTS: tuple[str, ...] = tuple(
    f"{kind}:{point}"
    for kind, component in REFERENCE.components().items()
    for point in getattr(component, "points", ())
)
MOST_FAULTS = 6


def at_points(kind: str) -> bool:
    """Whether a fault of this kind is armed at a crash point."""
    return "point" in KINDS[kind].__struct_fields__


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
        if isinstance(event, Healed):
            return
        if isinstance(event, Persisted):
            state, last = State.ACCEPTED, type(event).__name__
        elif isinstance(event, EVIDENCE):
            last = type(event).__name__
            state = next((t.after for t in TABLE if t.evidence is type(event) and state in t.before), state)
        yield event, state, last


def reached(plan: Plan, history: Sequence[Event], kind_of: dict[str, str]) -> set[Cell]:
    """The cells that a run reached. `kind_of`: the component kind of each node by name."""
    found: set[Cell] = set()
    for event, state, last in moments(history):
        if isinstance(event, FaultStarted):
            at = _point(plan.faults[event.fault], kind_of) or last
            if at:
                found.add((state.value, at, event.kind))
    return found


def _point(fault: Fault, kind_of: dict[str, str]) -> str:
    """The crash point that a fault is armed at, as 'component:point', or ''."""
    point = getattr(fault, "point", "")
    if not point:
        return ""
    named = [name for _, name in fault.nodes()]
    return f"{kind_of[named[0]] if named else 'store'}:{point}"


class Coverage:
    """Starts from a plan, and adds faults towards what was not reached."""

    name = "coverage"

    def __init__(self, plan: Plan, seed: int = 1) -> None:
        self._pick = Picker(Draws(seed), "coverage search")
        self._setting = _Setting(plan.topology, max(1, plan.duration))
        self.unreached = dict.fromkeys(cells())
        self._parents: list[tuple[Plan, dict[tuple[str, str], int]]] = []
        self._todo: list[Plan] = [plan]

    def propose(self) -> Trial | None:
        return Trial(self._todo.pop() if self._todo else self._child())

    def learn(self, trial: Trial, seen: Seen) -> None:
        new = [
            cell for cell in sorted(reached(trial.plan, seen.history, self._setting.kind_of)) if cell in self.unreached
        ]
        for cell in new:
            del self.unreached[cell]
        if new or not self._parents:
            where: dict[tuple[str, str], int] = {}
            for event, state, last in moments(seen.history):
                where.setdefault((state.value, last), event.t)
            self._parents.append((trial.plan, where))

    def _child(self) -> Plan:
        """A parent with one fault more, of a kind and at a time that make an unreached cell if there are any."""
        parent, where = self._pick.choose(self._parents[-8:])
        states = dict.fromkeys(state for state, _ in where)
        wanted = [c for c in self.unreached if (at_points(c[2]) and c[0] in states) or (c[0], c[1]) in where]
        wanted = [cell for cell in wanted if cell[2] in MAKERS]
        for _ in range(50):
            state, event, kind = self._pick.choose(wanted)
            fault = MAKERS[kind](self._pick, self._setting)
            if fault is None:
                continue
            if at_points(kind):
                fault = self._aimed(fault, event)
            elif (state, event) in where:
                fault = msgspec.structs.replace(fault, at=min(where[state, event] + 1, parent.duration))
            kept = parent.faults[-(MOST_FAULTS - 1) :]
            child = msgspec.structs.replace(parent, faults=(*kept, fault), seed=parent.seed)
            try:
                check(child)
            except PlanError:
                continue  # the fault and the point do not fit together
            return child
        return parent

    def _aimed(self, fault: Fault, event: str) -> Fault:
        """The fault, armed at this point of some node that has it."""
        component, _, point = event.partition(":")
        nodes = self._setting.of_kind.get(component, [])
        changes: dict[str, object] = {"point": point, "nth": self._pick.between(1, 3), "at": 0}
        for field in ("node", "device"):
            if hasattr(fault, field) and nodes:
                changes[field] = self._pick.choose(nodes)
        return msgspec.structs.replace(fault, **changes)
