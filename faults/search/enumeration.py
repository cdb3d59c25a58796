"""The robustness radius: every set of at most k deviations from a schedule, and the least number that breaks a promise.

The enumeration is iteratively deepened. The default schedule is run; each deviation of a target that occurs in it makes
a run of one; each target that occurs in one of those *after* its deviation makes a run of two; and so on. So a set is
tried once, in the order in which its deviations take effect, and only where all of their targets occur.

Runs are merged at states (`faults/search/fingerprint.py`). While a run is recorded, its state is taken at instants of a grid.
Where it comes to a state that an earlier run of no more deviations had at the same instant, what can go wrong from there on has
been, or will be, tried in that run, and is not tried again. Most deviations are healed by the protocol within a second,
and so come back to the state of the default schedule. This is sound as far as a state says all that the future hangs on;
what it leaves out is stated there.

A set of which a smaller part breaks a promise is not enlarged: it could only show what else breaks once something has. So
what is certified for a property that nothing broke ends where another one breaks. If it is asked about one property alone,
only sets that break this one are not enlarged, so that its least number is true even where something else breaks sooner.

Requirements: V5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from heapq import heappop, heappush

import msgspec
from xxhash import xxh3_64_intdigest

from faults.plan import Plan
from faults.search.deviations import all_worded, deviating, deviations
from faults.search.trials import Deviations, Job, Runner, Trial, TrialOutcome

STEP = 250_000
"""The grid's step, in µs."""


class Level(msgspec.Struct):
    """The figures of all sets of so many deviations."""

    deviations: int
    extended: int = 0
    """Runs with one deviation less, each of which was looked at for more."""
    occurring: int = 0
    """Deviations whose target occurs in one of them after its own deviations."""
    merged: int = 0
    """Those that were not tried, because the run had come to a state of an earlier one before."""
    mixed: int = 0
    """Those that were not tried, because one is of presence and another is not."""
    planned: int = 0
    done: int = 0
    breaking: int = 0
    """Runs that broke a promise."""
    unfired: int = 0
    """Runs in which a deviation did not take effect: a mistake in the enumeration, if there are any."""


def instants(since: int, until: int) -> Iterator[int]:
    """When states are taken: often just after a deviation, then less and less, always on the grid."""
    at = (since // STEP + 1) * STEP
    while at <= until:
        yield at
        passed = at - since
        step = STEP if passed < 3_000_000 else 1_000_000 if passed < 15_000_000 else 5_000_000
        at = (at // step + 1) * step


class Enumeration:
    """Says which runs to do next, level by level, and takes in what they showed, in the same order.

    `about`: the one property that is asked about; '': all. `sample`: how many of the sets of k that are merged are kept.
    """

    def __init__(self, k: int, about: str = "", sample: int = 0) -> None:
        self.k = k
        self.about = about
        self.sample = sample
        self.levels: list[Level] = []
        self.least: dict[str, list[Deviations]] = {}
        """For each violated property the smallest sets that break it, in the order in which they were tried."""
        self.tested: set[str] = set()
        self.idle: frozenset[str] | None = None
        """What a variant overrides and never ran in any of the runs; None: there was no run yet."""
        self.complete = False
        self.cut_at: int | None = None
        """The size of the smallest sets that were not enlarged, as they break something; None: all were enlarged."""
        self.cut_by: list[str] = []
        """What those break, in the order in which it was seen."""
        self._sampled: list[tuple[int, str, Job]] = []
        self._known_states: set[tuple[int, int]] = set()
        self._frontier: list[tuple[Job, TrialOutcome]] = []

    def runs(self) -> int:
        return sum(level.done for level in self.levels)

    def next_level(self) -> list[Job]:
        """The runs of the next level; none if everything has been tried."""
        depth = len(self.levels)
        if depth > self.k:
            self.complete = True
            return []
        level = Level(depth)
        if depth == 0:
            jobs = [Job((), self.k > 0)]
        else:
            frontier, self._frontier = self._frontier, []
            level.extended = len(frontier)
            jobs = [job for parent, outcome in frontier for job in self._extend(level, parent, outcome)]
        level.planned = len(jobs)
        self.levels.append(level)
        self.complete = not jobs
        return jobs

    def _extend(self, level: Level, parent: Job, outcome: TrialOutcome) -> Iterator[Job]:
        until = self._merged_at(outcome)
        for target in outcome.targets:
            mixed = bool(parent.faults) and target.presence != parent.presence
            for fault in deviations(target):
                level.occurring += 1
                if until is not None and target.at > until:
                    level.merged += 1
                    if self.sample and level.deviations == self.k and not mixed:
                        self._draw(Job((*parent.faults, fault), False, target.at, target.presence))
                elif mixed:
                    level.mixed += 1
                else:
                    yield Job((*parent.faults, fault), level.deviations < self.k, target.at, target.presence)

    def _draw(self, job: Job) -> None:
        """Keeps a merged set if it is among the `sample` with the lowest hashes: any of them as likely as another."""
        words = all_worded(job.faults)
        heappush(self._sampled, (-xxh3_64_intdigest(words.encode()), words, job))
        if len(self._sampled) > self.sample:
            heappop(self._sampled)

    def sampled(self) -> list[Job]:
        """The merged sets that were kept, in the order of their hashes."""
        return [job for _, _, job in sorted(self._sampled, reverse=True)]

    def _merged_at(self, outcome: TrialOutcome) -> int | None:
        """The first instant at which the run is in a state that an earlier one had; None if it never is."""
        for state in outcome.states:
            if state in self._known_states:
                return state[0]
            self._known_states.add(state)
        return None

    def learn(self, job: Job, outcome: TrialOutcome) -> None:
        """Takes in what a run showed."""
        level = self.levels[len(job.faults)]
        level.done += 1
        level.unfired += not outcome.fired
        self.tested |= outcome.tested
        self.idle = outcome.idle if self.idle is None else self.idle & outcome.idle
        violated = [name for name in outcome.violated if self.about in ("", name)]
        for name in violated:
            found = self.least.setdefault(name, [])
            if not found or len(found[0]) == len(job.faults):
                found.append(job.faults)
        if violated:
            level.breaking += 1
            if job.record and self.cut_at in (None, level.deviations):
                self.cut_at = level.deviations
                self.cut_by += [name for name in violated if name not in self.cut_by]
        elif job.record:
            self._frontier.append((job, outcome))

    def tried(self) -> int:
        """All sets of at most so many deviations were tried, whatever breaks; -1: not even the schedule itself."""
        whole = self.k if self.complete else len(self.levels) - 1
        if not self.complete and self.levels and self.levels[-1].done < self.levels[-1].planned:
            whole -= 1
        return whole if self.cut_at is None else min(whole, self.cut_at)

    def mixing(self) -> int | None:
        """The size of the smallest sets that were left out as they mix deviations of presence with others; None: none."""
        return next((level.deviations for level in self.levels if level.mixed), None)

    def radius(self, name: str) -> int | None:
        """The least number of deviations that breaks a property, as far as is known; None: none did."""
        found = self.least.get(name)
        return len(found[0]) if found else None


def enumerate_sets(
    plan: Plan,
    k: int,
    run: Runner,
    *,
    about: str = "",
    sample: int = 0,
    enough: Callable[[Enumeration], bool] = lambda found: False,
    order: Callable[[Job], int] | None = None,
    on_level: Callable[[int, int], None] = lambda depth, planned: None,
    on_result: Callable[[Job, TrialOutcome], None] = lambda job, outcome: None,
    counting: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Enumeration:
    """Tries all sets of at most k deviations. Ctrl-C ends it early: what has finished is kept, and it is incomplete.

    `about`: the one property that is asked about; '': all. When `enough` says so it ends too, and is incomplete. `order`:
    which sets of k are tried first, lowest first; on sets that are extended the order is that of their effects.
    With a `sample`, sets of k are not run, and so many of those that are merged are kept; Ctrl-C is passed on then.
    `counting` is held while a result is taken in: it may keep an interruption back.
    """
    found = Enumeration(k, about, sample)
    default: dict[int, int] = {}
    grid = k > 1  # states are for merging the runs of sets of two and more
    try:
        while (todo := found.next_level()) and not (sample and len(found.levels) > k):
            if order is not None and len(found.levels) == k + 1:
                todo.sort(key=order)
            on_level(len(found.levels) - 1, len(todo))
            for job, outcome in _results(plan, run, todo, default, grid):
                with counting():
                    found.learn(job, outcome)
                    if not job.faults:
                        default.update(outcome.states)
                    on_result(job, outcome)
                if enough(found):
                    found.complete = False
                    return found
    except KeyboardInterrupt:
        if sample:
            raise
        found.complete = False
    return found


def run_merged(
    plan: Plan,
    k: int,
    count: int,
    run: Runner,
    *,
    on_level: Callable[[int, int], None] = lambda depth, planned: None,
    on_result: Callable[[Job, TrialOutcome], None] = lambda job, outcome: None,
) -> tuple[int, list[tuple[Job, TrialOutcome]]]:
    """How many sets of k are merged, and what `count` of them showed, drawn by hash: merging is sound if it is nothing new.

    Sets of less than k are all run, as they show what is merged; sets of k that are not merged are not.
    """
    found = enumerate_sets(plan, k, run, sample=count, on_level=on_level, on_result=on_result)
    drawn = found.sampled()
    on_level(k, len(drawn))
    results = []
    for result in _results(plan, run, drawn, {}, False):
        results.append(result)
        on_result(*result)
    return sum(level.merged for level in found.levels if level.deviations == k), results


def _results(
    plan: Plan, run: Runner, todo: list[Job], default: dict[int, int], grid: bool
) -> Iterator[tuple[Job, TrialOutcome]]:
    """Runs all these sets, in their order."""
    trials = [Trial(deviating(plan, job.faults), job, grid=grid, default=default) for job in todo]
    return zip(todo, run(trials), strict=True)
