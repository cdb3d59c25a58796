"""The Hypothesis machine and whole plans from Hypothesis, on the reference or on the variant that `--protocol` names.

A failure prints the smallest example and its story, and leaves its plan.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given

from faults.plan import Plan
from parley import campaign, variants
from parley.errors import BadInput
from parley.machine.delivery import Broken, DeliveryMachine
from parley.machine.failure_story import Counterexample, judged, run_machine
from parley.machine.strategies import plans
from parley.machine.suite import Suite
from properties.conftest import give_up

pytestmark = pytest.mark.slow


def said_by(run: Callable[[], None], request: pytest.FixtureRequest) -> str:
    """What is to be printed of a failure; '' if there is none. It is told once, so not while the exception is handled."""
    error = ""
    try:
        run()
    except Counterexample as failure:
        return str(failure)
    except BadInput as failure:
        error = str(failure)
    if error:
        give_up(request, error)
    return ""


@pytest.mark.requirement("V2", "V5")
def test_delivery_machine(
    suite: Suite, deployment: str, record_property: Callable[[str, object], None], request: pytest.FixtureRequest
) -> None:
    """Whatever is done in whatever order, nothing is violated, and the system converges after healing."""
    where = suite.deployments[deployment]
    spec = suite.protocol_on(where)
    machine = DeliveryMachine.on(where, variants.load(spec), spec)
    failure = said_by(lambda: run_machine(machine, suite.plans), request)
    record_property("hypothesis rule steps", machine.tally.steps)
    record_property("hypothesis examples", machine.tally.examples)
    if failure:
        pytest.fail(failure, pytrace=False)


@pytest.mark.requirement("V2", "V5")
def test_plans(
    suite: Suite, deployment: str, record_property: Callable[[str, object], None], request: pytest.FixtureRequest
) -> None:
    """Whatever is planned, of all that people do and all that goes wrong, nothing is violated."""
    where = suite.deployments[deployment]
    spec = suite.protocol_on(where)
    protocol = variants.load(spec)
    count = 0

    @given(plans(where, variants.reference_of(spec)))
    def holds(plan: Plan) -> None:
        nonlocal count
        _, outcome = campaign.execute(plan, protocol)
        count += 1
        if outcome.violations:
            raise Broken(f"{outcome.violations[0].property}: {outcome.violations[0].message}", plan, 0)

    failure = said_by(lambda: judged(holds, spec, suite.plans, f"plan-{where.name}-{protocol.name}"), request)
    record_property("hypothesis plans", count)
    if failure:
        pytest.fail(failure, pytrace=False)
