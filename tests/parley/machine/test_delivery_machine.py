"""The Hypothesis machine finds what is wrong, tells it as a short story, and leaves a plan that replays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support import MUTANTS

from benchmarks.machine import CHOSEN, MOST_STEPS, measure
from faults import plan as plans
from faults.kinds import KINDS, CrashAt, DropAt, KillAppAt, SlowNode, name_of
from faults.plan import Plan, ProtocolRef
from model.protocol import REFERENCE
from parley import variants
from parley.errors import BadInput
from parley.machine.delivery import DeliveryMachine
from parley.machine.deployments import DEPLOYMENTS, SECOND, Where
from parley.machine.failure_story import run_machine
from parley.machine.strategies import ARMED, TIMED, faults_now
from parley.machine.strategies import plans as whole_plans
from parley.runner import execute
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
@pytest.mark.parametrize(
    "name",
    [
        "ack_before_persist",
        "close_on_push",
        "pipelined_outbox",
        "ignores_rotation",
        "no_dedupe",
        "head_of_the_next",
        "live_path_is_deaf",
        "reconnects_without_a_digest",
        "stays_asleep",
        "shows_no_hint_asleep",
        "notifies_subscribers",
        "toggles_presence",
    ],
)
def test_a_variant_is_caught_and_its_smallest_example_replays(name: str, tmp_path: Path) -> None:
    row, found = measure(name, CHOSEN[name], tmp_path, QUICK)
    assert row.caught_by == MUTANTS[name].caught_by
    assert row.steps <= MOST_STEPS  # none at all, if the probe at the end is enough
    assert found is not None
    steps = [line for line in str(found).splitlines() if line.startswith("  state.")]
    assert len(steps) == row.steps, "what is printed is what was counted"
    (file,) = tmp_path.glob("*.json")
    assert f"parley replay {file}" in str(found)
    plan = plans.read(file)
    assert plan.expect is not None
    outcome = execute(plan, variants.load(plan.protocol.file))
    assert outcome.violated() == plan.expect.violates
    assert outcome.digest() == plan.expect.digest


@pytest.mark.requirement("V2", "V5")
def test_the_reference_is_not_caught_by_the_same_examples(tmp_path: Path) -> None:
    machine = DeliveryMachine.on(DEPLOYMENTS["plain"], REFERENCE, "")
    run_machine(machine, tmp_path, settings(QUICK, max_examples=40))
    assert machine.tally.steps > 300
    assert not list(tmp_path.iterdir())


SLOW = SlowNode(at=0, node="store-1", duration=30 * SECOND, factor=10, lag=20_000)
CRASH = CrashAt(at=0, node="messaging-1", point="persisted", down=2 * SECOND)
KILL = KillAppAt(at=0, device="bob-laptop", point="stored", down=SECOND)
DROP = DropAt(at=0, kind="Appended", a=("store-1",), b=("messaging-2",))


@pytest.mark.requirement("V7")
def test_the_machine_s_plan_repeats_its_run_to_the_byte() -> None:
    """Rules by hand: open faults that a rule ends, faults that last to the healing, armed ones, load, and a send of each."""
    machine = DeliveryMachine()
    machine.deploy(3)
    alice, bob = ("alice-phone", "alice+bob"), ("bob-laptop", "alice+bob")
    steps: tuple[Callable[[], None], ...] = (
        lambda: machine.send(alice),
        lambda: machine.edit_load(bob, 2),
        lambda: machine.sleep("bob-phone"),
        lambda: machine.crash("gateway-1", silent=True),
        lambda: machine.partition(("service", "store"), one_way=False),
        lambda: machine.send_more(bob, "attachment"),
        lambda: machine.advance(20),
        lambda: machine.lose("SendResult", 1),
        lambda: machine.heal("service and store"),
        lambda: machine.edit_load(bob, None),
        lambda: machine.arm(CRASH),
        lambda: machine.arm(KILL),
        lambda: machine.arm(DROP),
        lambda: machine.strike(SLOW),
        lambda: machine.send_many(alice, 3),
        lambda: machine.type_in(bob),
        lambda: machine.edit_load(alice, 0.5),
        lambda: machine.advance(5),
        lambda: machine.pause("worker-1"),
        lambda: machine.wake("bob-phone"),
        lambda: machine.kill_app("alice-phone"),
        lambda: machine.rotate_token("bob-laptop", 0),
        lambda: machine.switch_account(("bob-phone", "alice-phone")),
        lambda: machine.reset("bob-laptop"),
        lambda: machine.read(bob),
        lambda: machine.restart("gateway-1"),
        lambda: machine.pause("bob-laptop"),
        lambda: machine.advance(1),
        lambda: machine.resume("worker-1"),
        lambda: machine.partition(("device", "gateway"), one_way=True),
        lambda: machine.wipe("bob-phone"),
        lambda: machine.sleep("alice-phone"),
        lambda: machine.advance(1),
    )
    for step in steps:
        step()
        machine.safe()
    machine.teardown()
    live = machine.live
    assert machine.steps == len(steps) - 1, "`deploy`, which is none, was not followed by a look"
    assert live.judge.violations == []
    assert live.converged_after is not None
    plan = plans.decode(plans.encode(machine.plan()))
    assert len(plan.faults) == 18
    assert sum(action.device == "bob-laptop" for action in plan.workload) == 13, "ten of the load"
    assert plan.duration > 26 * SECOND
    outcome = execute(plan, DeliveryMachine.protocol)
    assert digest(outcome.history) == digest(live.history)


@pytest.mark.requirement("F1", "V5")
def test_every_kind_of_the_atlas_can_be_drawn() -> None:
    """Armed ones by `arm`, all others by `strike` or by a rule of their own; whole plans draw from all."""
    assert {*ARMED, *TIMED} == set(KINDS)

    @settings(QUICK, max_examples=2)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        for where in DEPLOYMENTS.values():
            for kind in KINDS:
                assert name_of(data.draw(faults_now(where.topology, [kind]))) == kind

    holds()


@pytest.mark.requirement("V5")
@pytest.mark.parametrize("where", DEPLOYMENTS.values(), ids=DEPLOYMENTS)
def test_whole_plans_are_valid_by_construction(where: Where) -> None:
    @settings(QUICK, max_examples=60)
    @given(whole_plans(where, ProtocolRef()))
    def holds(plan: Plan) -> None:
        plans.check(plan)
        assert plans.decode(plans.encode(plan)) == plan
        assert list(plan.faults) == sorted(plan.faults, key=lambda fault: fault.at)

    holds()


@pytest.mark.requirement("R4")
def test_a_mistake_in_a_variant_is_named_by_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "mistaken.py"
    file.write_text(
        "from model.store.store import MessageStore\n\n\n"
        "class Mistaken(MessageStore):\n"
        "    def find_duplicate(self, rows, append, at):\n"
        "        return rows.nothing\n"
    )
    machine = DeliveryMachine.on(DEPLOYMENTS["plain"], variants.load(str(file)), str(file))
    once = settings(QUICK, phases=[Phase.generate])
    with pytest.raises(BadInput, match=r"mistaken\.py:6: AttributeError"):
        run_machine(machine, tmp_path, once)
    with pytest.raises(AttributeError):  # the mistake of a protocol of Parley's is no bad input: its traceback is kept
        run_machine(DeliveryMachine.on(DEPLOYMENTS["plain"], variants.load(str(file)), ""), tmp_path, once)
