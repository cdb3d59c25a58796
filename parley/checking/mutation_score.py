"""The mutation score: each mutant is run until the property that it names is violated, and the reference on the same plans.

A mutant is killed by the first seed of its campaign under which that property is violated; what else is violated on the way
is noted, and does not count. The reference, or whichever protocol that comes with Parley a mutant was made of, is then run
on every plan that a mutant was run on: a property that it violates, too, proves nothing.

Requirements: V3, V5.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from faults import wording
from faults.plan import Expectation, Plan, ProtocolRef, encode
from model.protocol import PROTOCOLS
from parley import campaign, shrinking, variants
from parley.errors import BadInput
from parley.files import formatted
from parley.mutants import Mutant
from parley.parallel import in_order, uninterrupted
from parley.scenario import Scenario

T = TypeVar("T")

FORMAT = 1
CHUNK = 25
"""How many seeds of the reference a process takes at a time."""


class Small(msgspec.Struct, frozen=True, kw_only=True):
    """The plan that kills a mutant, shrunk: how much happens in it, its lines, and after how many runs.

    `minimal`: no single step makes it smaller; else the runs were spent.
    """

    actions: int
    faults: int
    runs: int
    minimal: bool
    lines: tuple[str, ...]


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a mutant. `runs` were done; the last one kills it, or none does (`killed` is false).

    `others`: which other properties were violated, and in which run first. `seconds` of processor time, if they were asked for.
    """

    mutant: str
    wrong: str
    property: str
    scenario: str
    protocol: str
    """The protocol that comes with Parley of which it is a variant."""
    seed: int
    killed: bool
    runs: int
    others: dict[str, int]
    seconds: float | None = None
    small: Small | None = None

    def verdict(self) -> str:
        """killed, or why it does not count as that."""
        return "killed" if self.killed else "caught by others only" if self.others else "survived"


class Control(msgspec.Struct, kw_only=True):
    """The protocol that mutants were made of, on the plans that they were run on. `violated`: property to first seed."""

    scenario: str
    protocol: str
    runs: int = 0
    violated: dict[str, int] = {}


class Score(msgspec.Struct, kw_only=True):
    """What `parley mutants` found. `complete` unless it was interrupted."""

    parley_mutants: int = FORMAT
    first_seed: int
    budget: int
    trials: list[Trial] = []
    controls: list[Control] = []
    complete: bool = True

    @property
    def ok(self) -> bool:
        """Whether every mutant was killed by the property that it names, and the reference survived."""
        return all(trial.killed for trial in self.trials) and not any(control.violated for control in self.controls)

    @property
    def killed(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.killed]

    @property
    def median(self) -> float:
        """Of the runs to the kill."""
        return statistics.median([trial.runs for trial in self.killed] or [0])


class Plans(msgspec.Struct, frozen=True):
    """The plans of a mutant, encoded: the one that kills it, and that shrunk."""

    kills: bytes | None = None
    small: bytes | None = None


def hunt(
    mutant: Mutant, scenario: Scenario, first: int, budget: int, shrink_runs: int, timed: bool
) -> tuple[Trial, Plans]:
    """Runs a mutant until its property is violated, `budget` runs at most; shrinks the plan, if `shrink_runs` are allowed."""
    began = time.process_time()
    spec = mutant.spec
    protocol, reference = variants.load(spec), variants.reference_of(spec)
    others: dict[str, int] = {}
    runs, found = 0, None
    while runs < budget and found is None:
        runs += 1
        plan = scenario.plan(first + runs - 1, reference)
        _, outcome = campaign.execute(plan, protocol)
        for name in outcome.violated():
            if name == mutant.caught_by:
                expect = Expectation(violates=outcome.violated(), digest=outcome.digest())
                found = msgspec.structs.replace(plan, expect=expect)
            else:
                others.setdefault(name, runs)
    seconds = round(time.process_time() - began, 2) if timed else None
    small = shrinking.shrink(found, spec, mutant.caught_by, budget=shrink_runs) if found and shrink_runs else None
    trial = Trial(
        mutant=mutant.name,
        wrong=mutant.wrong,
        property=mutant.caught_by,
        scenario=mutant.scenario,
        protocol=shrinking.base_of(protocol),
        seed=found.seed if found else 0,
        killed=found is not None,
        runs=runs,
        others=others,
        seconds=seconds,
        small=_small(small) if small else None,
    )
    return trial, Plans(encode(found) if found else None, encode(small.plan) if small else None)


def _small(small: shrinking.Small) -> Small:
    plan: Plan = small.plan
    lines = tuple(f"{when}  {what}" for when, what in wording.lines(plan))
    return Small(
        actions=len(plan.workload), faults=len(plan.faults), runs=small.runs, minimal=small.minimal, lines=lines
    )


def survive(scenario: Scenario, protocol: str, seeds: Sequence[int]) -> dict[str, int]:
    """The properties that a protocol of Parley's own violates under some seeds, each with the first of them: none, we hope."""
    violated: dict[str, int] = {}
    reference = ProtocolRef() if protocol == "reference" else ProtocolRef(name=protocol, file=protocol)
    for seed in seeds:
        _, outcome = campaign.execute(scenario.plan(seed, reference), PROTOCOLS[protocol])
        for name in outcome.violated():
            violated.setdefault(name, seed)
    return violated


def score(
    mutants: Sequence[Mutant],
    scenarios: dict[str, Scenario],
    *,
    first: int,
    budget: int,
    shrink_runs: int = 0,
    timed: bool = False,
    jobs: int = 1,
    on_trial: Callable[[Trial, Plans], None] = lambda *_: None,
    on_control: Callable[[int, int], None] = lambda *_: None,
) -> Score:
    """Hunts every mutant, then runs the reference on the same plans. Ctrl-C ends it early; what has finished is in the score.

    `on_trial` is called with each mutant's, in order, as soon as it is there; `on_control` with how many chunks of runs of the
    reference are done, and of how many.
    """
    result = Score(first_seed=first, budget=budget)
    try:
        hunts = [(mutant, scenarios[mutant.scenario], first, budget, shrink_runs, timed) for mutant in mutants]
        for trial, plans in in_order(hunt, hunts, jobs):
            with uninterrupted():
                result.trials.append(trial)
                on_trial(trial, plans)
        chunks = _chunks(result.trials, scenarios, first)
        controls: dict[tuple[str, str], Control] = {}
        for done, ((scenario, protocol, seeds), violated) in enumerate(
            zip(chunks, in_order(survive, chunks, jobs), strict=True)
        ):
            with uninterrupted():
                control = controls.get((scenario.name, protocol))
                if control is None:
                    control = controls[scenario.name, protocol] = Control(scenario=scenario.name, protocol=protocol)
                    result.controls.append(control)
                control.runs += len(seeds)
                control.violated = {**violated, **control.violated}
                on_control(done + 1, len(chunks))
    except KeyboardInterrupt:
        result.complete = False
    return result


def _chunks(
    trials: Sequence[Trial], scenarios: dict[str, Scenario], first: int
) -> list[tuple[Scenario, str, Sequence[int]]]:
    """The plans that mutants were run on, as scenario, protocol that comes with Parley, and some seeds."""
    most: dict[tuple[str, str], int] = {}
    for trial in trials:
        which = (trial.scenario, trial.protocol)
        most[which] = max(trial.runs, most.get(which, 0))
    return [
        (scenarios[scenario], protocol, range(start, min(start + CHUNK, first + runs)))
        for (scenario, protocol), runs in sorted(most.items())
        for start in range(first, first + runs, CHUNK)
    ]


# --- the result file ----------------------------------------------------------------------------------------------


def write_result(score: Score) -> bytes:
    """The result as JSON, a field a line."""
    return formatted(score)


def read_result(data: bytes, name: str) -> Score:
    """The result in JSON bytes; `name` is what errors call the file. Raises BadInput."""
    try:
        found = msgspec.json.decode(data, type=Score)
    except msgspec.DecodeError as error:
        raise BadInput(f"{name}: expected a result of `parley mutants`: {error}") from None
    if found.parley_mutants != FORMAT:
        raise BadInput(f"{name}: $.parley_mutants: expected {FORMAT}, got {found.parley_mutants}")
    return found


def unproven(score: Score) -> list[str]:
    """The mutants on whose plans the reference has not been run."""
    runs = {(control.scenario, control.protocol): control.runs for control in score.controls}
    return [trial.mutant for trial in score.trials if runs.get((trial.scenario, trial.protocol), 0) < trial.runs]


def merged(old: Score, new: Score) -> Score:
    """An older result with the mutants of a newer one in place of its own: what `--only` leaves of the others.

    Whether an interrupted one has been made up for, `unproven` says.
    """
    trials = {trial.mutant: trial for trial in (*old.trials, *new.trials)}
    controls = {(control.scenario, control.protocol): control for control in old.controls}
    for control in new.controls:
        known = controls.get((control.scenario, control.protocol))
        if known is None or known.runs <= control.runs or control.violated:
            controls[control.scenario, control.protocol] = control
    return Score(
        first_seed=new.first_seed,
        budget=max(old.budget, new.budget),
        trials=[trials[name] for name in sorted(trials)],
        controls=[controls[which] for which in sorted(controls)],
        complete=new.complete,
    )
