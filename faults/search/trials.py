"""What the searches ask a runner for, and what it tells them: trials, and what each run of one showed.

The searches know how to choose plans, and nothing of running them: they are given a `Runner`.

Requirements: V5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from faults.kinds import Fault
from faults.plan import Plan
from faults.search.deviations import Target
from sim.history import Event

Deviations = tuple[Fault, ...]


class Job(msgspec.Struct, frozen=True):
    """A set of deviations to try. `record`: whether its run's targets are recorded, and its states from `since` µs on."""

    faults: Deviations
    record: bool
    since: int = 0
    presence: bool = False
    """Whether its deviations are of presence."""


class Trial(msgspec.Struct, frozen=True):
    """A run that a search asks for: a plan, the last faults of which are the deviations of `job`.

    Of a run that is recorded, `grid` asks also for its states, until it comes to a state of `default` (instant in µs to
    state), and `history` for all of it.
    """

    plan: Plan
    job: Job = Job((), False)
    grid: bool = False
    history: bool = False
    default: dict[int, int] = {}


class TrialOutcome(msgspec.Struct, frozen=True):
    """What a trial showed: the violated properties, those put to the test, and what else the trial asks for.

    `fired`: whether all its deviations took effect. `targets`: those after the last deviation, with pushes. `states`: as
    (instant in µs, state). `recorded`: the targets of the whole run, without pushes.
    """

    violated: tuple[str, ...]
    tested: frozenset[str]
    fired: bool = True
    targets: tuple[Target, ...] = ()
    states: tuple[tuple[int, int], ...] = ()
    history: Sequence[Event] = ()
    recorded: Sequence[Target] = ()
    idle: frozenset[str] = frozenset()
    """What the variant overrides and did not run."""


Runner = Callable[[Sequence[Trial]], Iterator[TrialOutcome]]
"""Runs trials, and yields what each of them showed, in their order."""
