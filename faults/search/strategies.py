"""Search strategies behind one interface: each proposes trials, and is told what each of them showed.

- `Seeds`: random plans with swarm selection (`faults/generate.py`).
- `Deviating`: all small sets of deviations, smallest first (`faults/search/enumeration.py`).
- `Lineage`: what a good run's outcomes hang on, cut away (`faults/search/lineage.py`).
- `Coverage`: plans changed towards cells that were not reached (`faults/search/coverage_guided.py`).

A strategy registers itself under its name, which has a place in `ORDER`. `faults/search/catalogue.py` has all of them.

Requirements: V5.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol

from faults.plan import Plan
from faults.search.deviations import deviating
from faults.search.enumeration import Enumeration
from faults.search.trials import Job, Runner, Trial, TrialOutcome
from sim.registry import Registry

ORDER = ("seeds", "radius", "lineage", "coverage")
"""The strategies' names, in the order in which they are compared."""

BATCH = 64
"""So many trials at most are proposed before the first of them is learned."""

ALONE = 8
"""So many are run one by one before several are proposed at once: most violations are found by then."""


@dataclass(frozen=True)
class Origin:
    """What a search starts from: the default schedule, and random plans by seed."""

    schedule: Callable[[], Plan]
    random_plan: Callable[[int], Plan]


class Strategy(Protocol):
    """Makes plans, beginning with an `Origin`. `learn` is called for each trial in the order of `propose`."""

    def ahead(self) -> int:
        """So many trials may be proposed before the first of them is learned, and are the same as in turn: at least 1."""
        ...

    def propose(self) -> Trial | None:
        """The next trial; None: nothing is left to try."""
        ...

    def learn(self, trial: Trial, outcome: TrialOutcome) -> None:
        """What it showed."""
        ...


STRATEGIES: Registry[Callable[[Origin], Strategy]] = Registry("search strategy", ORDER)
"""The strategies that are registered so far, by name: all of them once `faults.search.catalogue` is imported."""


def trials(strategy: Strategy, budget: int, run: Runner, batch: int = BATCH) -> Generator[tuple[Trial, TrialOutcome]]:
    """Yields what a strategy proposes, up to `budget` trials, with what they show, in order; `batch` at most run at once.

    The caller has the strategy learn each of them, before it asks for the next.
    """
    done = 0
    while done < budget:
        many = 1 if done < ALONE else min(batch, strategy.ahead(), budget - done)
        proposed = [trial for trial in (strategy.propose() for _ in range(many)) if trial is not None]
        if not proposed:
            return
        yield from zip(proposed, run(proposed), strict=True)
        done += many


@STRATEGIES.register("seeds")
class Seeds:
    """Random plans, one a seed."""

    def __init__(self, origin: Origin) -> None:
        self._plan_of = origin.random_plan
        self._seed = 0

    def ahead(self) -> int:
        """All of them: a seed learns nothing from another."""
        return sys.maxsize

    def propose(self) -> Trial | None:
        self._seed += 1
        return Trial(self._plan_of(self._seed))

    def learn(self, trial: Trial, outcome: TrialOutcome) -> None:
        """A seed learns nothing from another."""


@STRATEGIES.register("radius")
class Deviating:
    """Every set of at most `k` deviations from the default schedule, smallest first, iteratively deepened.

    Sets of one are run bare at first, and again with their states taken only when sets of two are due: taking states
    costs more than a run.
    """

    def __init__(self, origin: Origin, k: int = 2) -> None:
        self._plan = origin.schedule()
        self._k = k
        self._found = Enumeration(1)
        self._todo: list[Job] = []
        self._default: dict[int, int] = {}

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
        grid = job.record and self._found.k > 1
        return Trial(deviating(self._plan, job.faults), job, grid=grid, default=self._default)

    def learn(self, trial: Trial, outcome: TrialOutcome) -> None:
        self._found.learn(trial.job, outcome)
        if not trial.job.faults:
            self._default.update(outcome.states)
