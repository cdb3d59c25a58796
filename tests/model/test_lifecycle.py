"""The lifecycle table: every message's states, each with its evidence, never backwards."""

from __future__ import annotations

import pytest
from support import SECOND, of, plan, scenario

from faults import kinds
from faults.plan import ProtocolRef, Read
from model import events as e
from model.content import Message
from model.lifecycle import TABLE, State, steps
from model.protocol import variant
from model.servers.worker import DeliveryWorker
from model.wire.store import Recipient
from parley.run import Run
from sim.history import LostForGood

pytestmark = pytest.mark.requirement("P17")


def test_a_message_that_is_pushed_and_read_goes_through_all_states() -> None:
    import msgspec

    made = plan()
    made = msgspec.structs.replace(
        made, workload=(*made.workload, Read(at=20 * SECOND, device="bob-phone", conversation="talk"))
    )
    history = Run(made).execute().history
    found = steps(history, "talk", 1, "bob-phone", "bob")
    assert [step.state for step in found] == [
        State.ACCEPTED,
        State.ENQUEUED,
        State.DELIVERED_TO_DEVICE,
        State.READ_BY_USER,
    ]
    kinds_of = [type(history[step.evidence]) for step in found]
    assert kinds_of == [e.Persisted, e.Enqueued, e.CursorStored, e.ReadStored]
    assert [step.at for step in found] == sorted(step.at for step in found)


def test_every_message_of_random_runs_ends_delivered_to_every_device_that_is_not_gone_for_good() -> None:
    order = list(State)
    checked = 0
    for seed in range(1, 8):
        history = Run(scenario("ci").plan(seed, ProtocolRef())).execute().history
        users = {x.device: x.user for x in of(history, e.DeviceRegistered)}
        members = {x.conversation: x.members for x in of(history, e.ConversationOpened)}
        gone = {x.node for x in of(history, LostForGood)}
        for row in of(history, e.Persisted):
            for device, user in users.items():
                if user not in members[row.conversation]:
                    continue
                found = [step.state for step in steps(history, row.conversation, row.seq, device, user)]
                assert device in gone or found[-1] in (State.DELIVERED_TO_DEVICE, State.READ_BY_USER)
                on_its_way = [order.index(state) for state in found if state is not State.FAILED]
                assert on_its_way == sorted(on_its_way), (
                    "what is given up for a block still comes by sync, and is hidden"
                )
                checked += device not in gone
    assert checked > 300


@pytest.mark.requirement("D10", "P4")
def test_what_policy_gives_up_has_a_failure_row_and_is_still_there_for_a_sync() -> None:
    class Blocks(DeliveryWorker):
        def abandons(self, message: Message, recipient: Recipient) -> str:
            return "blocked" if recipient.user == "bob" else ""

    outcome = Run(plan(duration=90 * SECOND), variant("blocks", worker=Blocks)).execute()
    late = "no user has blocked anybody, so that each message is due live, and it comes with a heartbeat"
    assert outcome.violated() == ("live-in-time", "repaired-in-time"), late
    assert {x.device for x in of(outcome.history, e.DeliveryFailed, reason="blocked")} == {"bob-phone", "bob-laptop"}
    assert not of(outcome.history, e.Pushed)
    found = steps(outcome.history, "talk", 1, "bob-phone", "bob")
    assert [step.state for step in found][2:] == [State.FAILED, State.DELIVERED_TO_DEVICE]
    assert of(outcome.history, e.Stored, device="bob-phone", via="sync")


@pytest.mark.requirement("D10", "P4")
def test_a_task_that_waited_longer_than_its_time_to_live_expires() -> None:
    class Short(DeliveryWorker):
        time_to_live = 10 * SECOND

    down = [kinds.Crash(node=f"worker-{i}", at=2 * SECOND, down=30 * SECOND) for i in (1, 2)]
    outcome = Run(plan(*down, duration=90 * SECOND), variant("short", worker=Short)).execute()
    assert outcome.violations == []
    assert of(outcome.history, e.DeliveryFailed, reason="expired")


def test_every_state_is_reached_by_a_row_of_the_table() -> None:
    assert {transition.after for transition in TABLE} == set(State) - {State.SENT}
