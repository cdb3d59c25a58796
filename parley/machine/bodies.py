"""What the tests of `pytest properties` do: they judge random plans, drive the Hypothesis machine, and try whole plans.

A failure prints the smallest example and its story, and leaves its plan.

Requirements: V1, V2, V5.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given, settings, target

from faults.plan import Plan
from parley import variants
from parley.errors import BadInput
from parley.machine.delivery import STEERED_TO, Broken, DeliveryMachine
from parley.machine.failure_story import Counterexample, judged, run_machine
from parley.machine.figures import Figures, latest
from parley.machine.strategies import plans
from parley.machine.suite import Explored, Suite, claim, elsewhere, explore_together, outcome_of
from parley.runner import execute
from sim.verdicts import UNKNOWN, VACUOUS, VIOLATED

SEEDS = {"dev": 10, "ci": 24, "nightly": 400}
"""How many random plans of each scenario a profile asks the properties about."""


class Bodies:
    """The bodies of the suite's tests. `folder` is where xdist's workers meet; `session` is ended by a broken variant."""

    def __init__(self, suite: Suite, folder: Path, session: pytest.Session) -> None:
        self.suite = suite
        self.folder = folder
        self.session = session

    @cached_property
    def explored(self) -> Explored:
        """What the random plans showed; they are run once, for all properties."""
        parts = self.suite.parts(SEEDS.get(settings.get_current_profile_name(), SEEDS["ci"]))
        return explore_together(parts, self.suite.plans, self.folder / "explored")

    def judge_property(self, name: str) -> None:
        """Fails if a plan violates the property. So does one that leaves it unknown; skips if none put it to the test."""
        explored = self.explored
        if explored.error:
            self._give_up(explored.error)
        status, told = outcome_of(explored, name)
        if status == VIOLATED:
            pytest.fail("\n".join(told), pytrace=False)
        elif status == UNKNOWN:
            pytest.fail(
                f"unknown: something was owed at the end of a plan, and not shown: {', '.join(told)}", pytrace=False
            )
        elif status == VACUOUS:
            needs_shards = self.suite.protocol.sequencer.needs_shards
            where = elsewhere(name, [scenario.name for scenario in self.suite.scenarios], needs_shards)
            pytest.skip(f"vacuous: no plan of {explored.runs} put it to the test{where}")

    def drive_machine(self, deployment: str, count: Callable[[str, object], None]) -> None:
        """Whatever is done in whatever order, nothing is violated, and the system converges after healing."""
        where = self.suite.deployments[deployment]
        spec = self.suite.protocol_on(where)
        machine = DeliveryMachine.on(where, variants.load(spec), spec)
        failure = self._failure_of(lambda: run_machine(machine, self.suite.plans))
        count("hypothesis rule steps", machine.tally.steps)
        count("hypothesis examples", machine.tally.examples)
        for name, value in machine.tally.properties():
            count(name, value)
        if failure:
            pytest.fail(failure, pytrace=False)

    def try_plans(self, deployment: str, count: Callable[[str, object], None]) -> None:
        """Whatever is planned, of all that people do and all that goes wrong, nothing is violated."""
        where = self.suite.deployments[deployment]
        spec = self.suite.protocol_on(where)
        protocol = variants.load(spec)
        tally = Figures()

        @given(plans(where, variants.reference_of(spec)))
        def holds(plan: Plan) -> None:
            outcome = execute(plan, protocol)
            own = tally.add(outcome.history, outcome.converged_after is not None)
            for figure, called in STEERED_TO.items():
                target(latest(own, figure), label=called)
            if outcome.violations:
                raise Broken(f"{outcome.violations[0].property}: {outcome.violations[0].message}", plan, 0)

        name = f"plan-{where.name}-{protocol.name}"
        failure = self._failure_of(lambda: judged(holds, spec, self.suite.plans, name))
        count("hypothesis plans", tally.examples)
        for key, value in tally.properties():
            count(key, value)
        if failure:
            pytest.fail(failure, pytrace=False)

    def _failure_of(self, run: Callable[[], None]) -> str:
        """Return what is to be printed of a failure; '' if there is none. It is raised later, outside the handler."""
        error = ""
        try:
            run()
        except Counterexample as failure:
            return str(failure)
        except BadInput as failure:
            error = str(failure)
        if error:
            self._give_up(error)
        return ""

    def _give_up(self, error: str) -> NoReturn:
        """Ends the session with one error: no test can judge a variant that can't be run.

        Only one worker of xdist says so; whatever the others have begun is skipped.
        """
        self.session.shouldfail = "the variant can't be run"
        if not claim(self.folder / "given-up.taken"):
            pytest.skip("not judged: the variant can't be run")
        pytest.fail(error, pytrace=False)
