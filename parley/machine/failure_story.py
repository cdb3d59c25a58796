"""What a Hypothesis test leaves when it fails: the plan as a file, and its story.

The plan of the smallest example is run once more, as `parley replay` would: what is written and told is what that run
showed.

Requirements: V5, R4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from faults import wording
from faults.plan import Expectation, Plan, encode
from parley import variants
from parley.errors import InternalError
from parley.files import write
from parley.machine.delivery import Broken, DeliveryMachine
from parley.parting import is_owed
from parley.replaying import again
from parley.run import Outcome
from parley.runner import execute, of_variant
from parley.watchdog import Hung, watching
from properties.base import Violation
from reports.metrics.summary import that_follow
from reports.text.narrative import story


class Counterexample(AssertionError):
    """A broken promise, as a person reads it. `plan` is the one that was written to `path`; `steps` as in Broken."""

    def __init__(self, said: str, plan: Plan, path: Path, steps: int) -> None:
        super().__init__(said)
        self.plan = plan
        self.path = path
        self.steps = steps


def run_machine(machine: type[DeliveryMachine], folder: Path, given: settings | None = None) -> None:
    """Runs a machine with these settings, or those of the profile. Raises Counterexample, or BadInput of a variant."""
    name = f"machine-{machine.where.name}-{machine.protocol.name}"
    given = given or settings()
    phases = [phase for phase in given.phases if phase is not Phase.explain]  # it traces each line that runs
    chosen = settings(given, report_multiple_bugs=False, phases=phases)
    judged(lambda: run_state_machine_as_test(machine, settings=chosen), machine.spec, folder, name)


def judged(run: Callable[[], None], spec: str, folder: Path, name: str) -> None:
    """Runs what may raise Broken, and makes a Counterexample of it, whose plan is in the folder under this name."""
    try:
        with watching():
            run()
    except Broken as broken:
        raise _counterexample(broken, folder / f"{name}.json") from None
    except (Exception, Hung) as error:
        raise of_variant(error, spec, f"in {name}") or error from None


def _story(outcome: Outcome, violation: Violation) -> Iterator[str]:
    return story(outcome.history, evidence=violation.evidence, only_around=True, absence=is_owed(violation))


def _counterexample(broken: Broken, path: Path) -> Counterexample:
    protocol = variants.load(broken.plan.protocol.file)
    outcome = execute(broken.plan, protocol)
    if not outcome.violations:
        raise InternalError(f"{broken}: but its plan does not repeat it", *encode(broken.plan).decode().splitlines())
    plan = msgspec.structs.replace(
        broken.plan, expect=Expectation(violates=outcome.violated(), digest=outcome.digest())
    )
    write(path, encode(plan))
    first, follow = outcome.causes()[0]
    done = [f"  {when:>20}  {what}" for when, what in wording.lines(plan, probed=outcome.probed(first))]
    steps = [f"  {line}" for line in _steps(broken)]
    told = [f"  {line}" for line in _story(outcome, first)]
    spec = plan.protocol.file
    said = [
        f"{first.property}: {first.message}",
        *([f"+ {that_follow([each.property for each in follow])}"] if follow else []),
        "",
        *(["The smallest example:", *steps, ""] if steps else []),
        "What was done and what went wrong:",
        *(done or ["  nothing"]),
        "",
        "How it came to this:",
        *told,
        "",
        f"plan    {path}",
        f"replay  {again('replay', path, spec)}",
        f"shrink  {again('shrink', path, spec)}",
    ]
    return Counterexample("\n".join(said), plan, path, broken.steps)


def _steps(broken: Broken) -> list[str]:
    """The steps that Hypothesis printed, if it was a machine: without what starts and ends it."""
    lines = [line for note in getattr(broken, "__notes__", ()) for line in note.splitlines()]
    hidden = ("state.deploy(", "state.safe(", "state.teardown(")
    return [line for line in lines if line.startswith("state.") and not line.startswith(hidden)]
