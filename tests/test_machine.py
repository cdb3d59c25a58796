"""The Hypothesis machine finds what is wrong, tells it as a short story, and leaves a plan that replays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from support import VARIANTS
from test_variants import MUTANTS

from faults import plan as plans
from parley import campaign, variants
from properties.machine.delivery import SECOND, DeliveryMachine
from sim.history import digest

QUICK = settings(
    max_examples=600,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.requirement("V3", "V5")
@pytest.mark.parametrize("name", ["ack_before_persist", "close_on_push", "new_id_on_retry", "sync_skips", "no_dedupe"])
def test_a_variant_is_caught_and_its_smallest_example_replays(name: str, tmp_path: Path) -> None:
    class Machine(DeliveryMachine):
        spec = str(VARIANTS / f"{name}.py")
        protocol = variants.load(spec)
        plans = tmp_path

    with pytest.raises(AssertionError) as failure:
        run_state_machine_as_test(Machine, settings=QUICK)
    story = str(failure.value)
    assert story.startswith(MUTANTS[name].caught_by)
    (file,) = tmp_path.glob("*.json")
    plan = plans.read(file)
    assert plan.expect is not None
    assert len(plan.faults) + len(plan.workload) <= 4, "the example was shrunk"
    _, outcome = campaign.execute(plan, Machine.protocol)
    assert outcome.violated() == plan.expect.violates
    assert outcome.digest() == plan.expect.digest


@pytest.mark.requirement("V7")
def test_the_machine_s_plan_repeats_its_run_to_the_byte() -> None:
    """Every rule, by hand: open faults that a rule ends, faults that last to the healing, armed ones, and a send each."""
    machine = DeliveryMachine()
    machine.deploy(3)
    steps: tuple[Callable[[], None], ...] = (
        lambda: machine.send("alice-phone"),
        lambda: machine.sleep("bob-phone"),
        lambda: machine.crash("gateway-1", silent=True),
        lambda: machine.partition(("kind:service", "kind:store"), one_way=False),
        lambda: machine.send("bob-laptop"),
        lambda: machine.advance(20),
        lambda: machine.lose("SendResult", 1),
        lambda: machine.heal(),
        lambda: machine.crash_service_at("messaging-1", "persisted"),
        lambda: machine.kill_app_at("bob-laptop", "stored"),
        lambda: machine.send("alice-phone"),
        lambda: machine.advance(5),
        lambda: machine.wake("bob-phone"),
        lambda: machine.kill_app("alice-phone"),
        lambda: machine.reset("bob-laptop"),
        lambda: machine.restart("gateway-1"),
        lambda: machine.partition(("kind:device", "kind:gateway"), one_way=True),
        lambda: machine.sleep("alice-phone"),
        lambda: machine.advance(1),
    )
    for step in steps:
        step()
        machine.safe()
    machine.teardown()
    live = machine.live
    assert live.judge.violations == []
    assert live.converged_after is not None
    plan = plans.decode(plans.encode(machine.plan()))
    assert len(plan.faults) == 10
    assert plan.duration > 26 * SECOND
    _, outcome = campaign.execute(plan, DeliveryMachine.protocol)
    assert digest(outcome.history) == digest(live.history)
