"""Search strategies behind one interface: each proposes trials, and is told what each of them showed.

- `Seeds`: random plans with swarm selection (`faults/generate.py`).
- `Deviating`: all small sets of deviations, smallest first (`faults/search/enumeration.py`).
- `Lineage`: what a good run's outcomes hang on, cut away (`faults/search/lineage.py`).
- `Coverage`: plans changed towards cells that were not reached (`faults/search/coverage_guided.py`).

A trial is a plan; `job.record` asks for the targets that occur in its run, `grid` also for its states, `history` for all of it.

Requirements: V5.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from faults.plan import Plan
from faults.search.deviations import Target
from faults.search.enumeration import Enumeration, Job, Shown
from sim.history import Event


class Trial(msgspec.Struct, frozen=True):
    """A run that a strategy asks for. `job`: its deviations, for the strategies that make them."""

    plan: Plan
    job: Job = Job((), False)
    grid: bool = False
    history: bool = False


class Seen(msgspec.Struct, frozen=True):
    """What a trial showed. `history`, `targets` and `shown.states` only if they were asked for."""

    shown: Shown
    history: Sequence[Event] = ()
    targets: Sequence[Target] = ()


class Strategy(Protocol):
    """Makes plans. `learn` is called for each trial in the order of `propose`; None: nothing is left to try."""

    name: str

    def ahead(self) -> int:
        """So many trials may be proposed before the first of them is learned, and are the same as in turn: at least 1."""
        ...

    def propose(self) -> Trial | None:
        """The next trial."""
        ...

    def learn(self, trial: Trial, seen: Seen) -> None:
        """What it showed."""
        ...


class Seeds:
    """Random plans, one a seed."""

    name = "seeds"

    def __init__(self, plan_of: Callable[[int], Plan]) -> None:
        self._plan_of = plan_of
        self._seed = 0

    def ahead(self) -> int:
        """All of them: a seed learns nothing from another."""
        return sys.maxsize

    def propose(self) -> Trial | None:
        self._seed += 1
        return Trial(self._plan_of(self._seed))

    def learn(self, trial: Trial, seen: Seen) -> None:
        """A seed learns nothing from another."""


class Deviating:
    """Every set of at most `k` deviations from the default schedule, smallest first, iteratively deepened.

    Sets of one are run bare at first, and again with their states taken only when sets of two are due: taking states
    costs more than a run.
    """

    name = "radius"

    def __init__(self, plan: Plan, k: int = 2) -> None:
        self._plan = plan
        self._k = k
        self._found = Enumeration(1)
        self._todo: list[Job] = []

    def ahead(self) -> int:
        """The rest of a level. Which sets are in the next one, only its runs say."""
        return max(1, len(self._todo))

    def propose(self) -> Trial | None:
        if not self._todo:
            self._todo = self._found.next_level()[::-1]
        if not self._todo and self._found.k < self._k:
            self._found = Enumeration(self._found.k + 1)
            self._todo = self._found.next_level()
        if not self._todo:
            return None
        job = self._todo.pop()
        return Trial(deviating(self._plan, job), job, grid=job.record and self._found.k > 1)

    def learn(self, trial: Trial, seen: Seen) -> None:
        self._found.learn(trial.job, seen.shown)


def deviating(plan: Plan, job: Job) -> Plan:
    """The plan with a job's deviations behind its own faults."""
    return msgspec.structs.replace(plan, faults=(*plan.faults, *job.faults))
