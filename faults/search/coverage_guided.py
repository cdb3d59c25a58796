"""Coverage-guided search: plans are changed towards cells (`faults/cells.py`) that no run has reached yet.

A run that reached a new cell is kept, as a parent of later plans. A child has one fault more than a parent: of a kind, and
at an event, that together make an unreached cell for a state that the parent's run went through.

Requirements: V5, V4.
"""

from __future__ import annotations

import msgspec

from faults.aims import Aims
from faults.cells import cells, moments, reached
from faults.fault import drawn
from faults.kinds import Fault
from faults.plan import Plan, PlanError, check
from faults.search.strategies import STRATEGIES, Origin
from faults.search.trials import Job, Trial, TrialOutcome
from sim.draws import Draws, Picker

MOST_FAULTS = 6


class _Place(msgspec.Struct, frozen=True):
    """Where an event was met in a run: when, and for a crash point at which node, and the how-manieth time."""

    at: int
    node: str = ""
    nth: int = 1


@STRATEGIES.register("coverage")
class Coverage:
    """Starts from a plan, and adds faults towards what was not reached."""

    def __init__(self, origin: Origin, seed: int = 1) -> None:
        plan = origin.random_plan(1)
        self._pick = Picker(Draws(seed), "coverage search")
        self._aims = Aims(plan.topology, max(1, plan.duration), at_devices=True)
        self.unreached = dict.fromkeys(cells())
        self._parents: list[tuple[Plan, dict[tuple[str, str], _Place]]] = []
        self._todo: list[Plan] = [plan]

    def ahead(self) -> int:
        """One: a child is made of what the last one reached."""
        return 1

    def propose(self) -> Trial | None:
        return Trial(self._todo.pop() if self._todo else self._child(), Job((), True), history=True)

    def learn(self, trial: Trial, outcome: TrialOutcome) -> None:
        """Keeps a plan that reached something new, with the places that its run went through."""
        new = [cell for cell in reached(trial.plan, outcome.history) if cell in self.unreached]
        for cell in new:
            del self.unreached[cell]
        if new or not self._parents:
            self._parents.append((trial.plan, self._places(outcome)))

    def _places(self, outcome: TrialOutcome) -> dict[tuple[str, str], _Place]:
        """The first place for each state and event of a run: steps of the lifecycle, and crash points."""
        found: dict[tuple[str, str], _Place] = {}
        states: list[str] = []
        for event, state, last in moments(outcome.history):
            states.append(state.value)
            found.setdefault((state.value, last), _Place(event.t))
        for target in outcome.recorded:
            if not target.to and target.after <= len(states):
                at = states[target.after - 1], f"{self._aims.kind_of[target.source]}:{target.what}"
                found.setdefault(at, _Place(target.at, target.source, target.nth))
        return found

    def _child(self) -> Plan:
        """A parent with one fault more, of a kind and at a place that make an unreached cell."""
        for _ in range(50):
            parent, places = self._pick.choose(self._parents)
            wanted = [cell for cell in self.unreached if cell[:2] in places]
            if wanted:
                state, event, kind = self._pick.choose(wanted)
                fault = _aimed(drawn(kind, self._pick, self._aims), event, places[state, event])
                child = msgspec.structs.replace(parent, faults=(*parent.faults[1 - MOST_FAULTS :], fault))
                if _fits(child):
                    return child
        return self._parents[0][0]


def _aimed(fault: Fault, event: str, place: _Place) -> Fault:
    """The fault, at a place: at its crash point, or right after its event."""
    changes: dict[str, object] = {"at": place.at + 1}
    if place.node and hasattr(fault, "point"):
        changes = {"at": 0, "nth": place.nth, "point": event.partition(":")[2]}
        for field in ("node", "device"):
            if hasattr(fault, field):
                changes[field] = place.node
    elif fault.armed:
        changes = {"at": place.at + 1, "nth": 1}
    return msgspec.structs.replace(fault, **changes)


def _fits(plan: Plan) -> bool:
    """Whether a plan can be run: a fault may not fit the point or the node that it was aimed at."""
    try:
        check(plan, protocol=None)
    except PlanError:
        return False
    return True
