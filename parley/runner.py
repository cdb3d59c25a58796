"""Runs plans: the one way in which campaigns, searches, shrinking, mutants and the Hypothesis suite do it.

A run that drives a variant is watched for a reaction that never ends. Whatever comes up in a run becomes one error that says
whose mistake it is: BadInput, with the variant's file and line, or InternalError. `Runner` runs the trials of a search.

Requirements: V2, V5, V7.
"""

from __future__ import annotations

import gc
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from xxhash import xxh3_64_intdigest

from faults.plan import Plan
from faults.search.deviations import Recorder
from faults.search.enumeration import STEP, instants
from faults.search.fingerprint import fingerprint
from faults.search.trials import Trial, TrialOutcome
from model.protocol import Protocol, VariantError
from model.topology import TopologyError
from parley import supervised, variants
from parley.checking import decision_contract
from parley.errors import BadInput, InternalError, RunError, Unfit
from parley.parallel import chunks, in_order
from parley.run import Outcome, Run
from parley.watchdog import Hung, watching
from properties.base import Liveness
from sim.history import FaultStarted
from sim.printable import shown

T = TypeVar("T")


def drive(plan: Plan, protocol: Protocol, how: Callable[[Run], T]) -> T:
    """Return what `how` makes of a run of the plan.

    Raises Unfit if there can be no such run, BadInput, naming file and line, for any other error under a variant, and else
    InternalError.
    """
    run = None
    try:
        if plan.protocol.file:
            supervised.says(f"in scenario {plan.scenario}, seed {plan.seed}")
        with watching(bool(plan.protocol.file)), _uncollected():
            run = Run(plan, protocol)
            return how(run)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a variant that calls sys.exit(0) must not end the check with a 0
        raise explained(error, plan, run.now if run else 0) from None


def execute(plan: Plan, protocol: Protocol, before: Callable[[Run], None] = lambda _: None) -> Outcome:
    """Return what the whole run shows. `before` gets the run as it begins: it may watch it, and run parts of it."""

    def whole(run: Run) -> Outcome:
        before(run)
        return run.execute()

    return drive(plan, protocol, whole)


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage is collected meanwhile: what a run makes is in use until it is over, but for a thousandth of it.

    To look for that takes an eighth of a large run's time. The run itself is a cycle, and is collected when it is over.
    """
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


# --- errors -------------------------------------------------------------------------------------------------------


def explained(error: BaseException, plan: Plan, now: int) -> RunError:
    """Return what came up in a run of a plan at `now` µs as one error that says where, and whose mistake it is."""
    if isinstance(error, TopologyError | VariantError):
        at = "settings." if isinstance(error, VariantError) else ""
        return Unfit(f"scenario {plan.scenario}: $.{at}{error}")
    where = f"in scenario {plan.scenario}, seed {plan.seed}, at {now} µs"
    wrong = of_variant(error, plan.protocol.file, where)
    return wrong or InternalError(where, *"".join(traceback.format_exception(error)).splitlines())


def of_variant(error: BaseException, spec: str, where: str) -> BadInput | None:
    """Return an error under a variant in one line that names its file and line; None under a protocol of Parley's."""
    file = variants.file_of(spec)
    if file is None:
        return None
    what = variants.said_by(error)
    if isinstance(error, decision_contract.WrongAnswer):
        mine = Path(error.file).resolve() == file.resolve()
        return BadInput(f"{file if mine else error.file}:{error.line}: {what} ({where})")
    if clobber := variants.written_over(error, variants.load(spec)):
        return BadInput(f"{file}:{clobber.line}: {clobber} ({type(error).__name__}: {what}, {where})")
    line, after = variants.line_in(error, file), ""
    if not line:
        line, after = _last_answer(spec)
        after = f", which came up at {variants.last_line(error)}{after}"
    place = f"{file}:{line}" if line else f"{file}"
    kind = "" if isinstance(error, Hung) else f"{type(error).__name__}: "
    return BadInput(f"{place}: {kind}{what} ({where}{after})")


def _last_answer(spec: str) -> tuple[int, str]:
    """The line of the decision that a variant was asked last, and what it said, for an error that came up behind it."""
    tally = decision_contract.tally_of(variants.load(spec))
    if tally is None or tally.last is None:
        return 0, ""
    last = tally.last
    return last.line, f" after {last.name} had returned {shown(last.answer)}"


# --- trials of searches -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Runner:
    """Runs trials under the protocol of `spec`, in this process, or in `jobs` others, `chunk` of them at a time."""

    spec: str
    jobs: int = 1
    chunk: int = 40

    def __call__(self, trials: Sequence[Trial]) -> Generator[TrialOutcome]:
        size = 1 if self.jobs == 1 else self.chunk
        results = in_order(_chunk, [(some, self.spec) for some in chunks(trials, size)], self.jobs)
        try:
            for outcomes in results:
                yield from outcomes
        finally:
            results.close()


def _chunk(trials: Sequence[Trial], spec: str) -> list[TrialOutcome]:
    protocol = variants.load(spec)
    return [attempt(trial, protocol) for trial in trials]


def attempt(trial: Trial, protocol: Protocol) -> TrialOutcome:
    """Return what a trial's run shows, with as much of it as the trial asks for."""
    deviations = len(trial.job.faults)
    own = len(trial.plan.faults) - deviations
    recorder: Recorder | None = None
    states: list[tuple[int, int]] = []

    def record(run: Run) -> None:
        nonlocal recorder
        if trial.job.record:
            recorder = Recorder(run.injector)
            states.extend(_states(run, trial) if trial.grid else ())

    decision_contract.clear(protocol)
    outcome = execute(trial.plan, protocol, record)
    fired = sum(isinstance(event, FaultStarted) and event.fault >= own for event in outcome.history)
    return TrialOutcome(
        violated=outcome.violated(),
        tested=frozenset(verdict.property for verdict in outcome.verdicts if verdict.tested),
        fired=fired == deviations,
        targets=tuple(recorder.after_last(own)) if recorder else (),
        states=tuple(states),
        history=outcome.history if trial.history else (),
        recorded=recorder.targets if recorder and trial.history else (),
        idle=decision_contract.never_ran(protocol),
    )


def _states(run: Run, trial: Trial) -> Iterator[tuple[int, int]]:
    """The run's states at instants of the grid, until it is in a state of the default schedule."""
    liveness = [prop for prop in run.judge.properties if isinstance(prop, Liveness)]
    every = () if trial.job.faults else range(0, run.plan.duration + 1, STEP)
    for at in every or instants(trial.job.since, run.plan.duration):
        run.advance(at)
        owed = str([prop.owed() for prop in liveness])
        state = fingerprint(run.deployment.network) ^ xxh3_64_intdigest(owed.encode())
        yield at, state
        if trial.default.get(at) == state:
            return
