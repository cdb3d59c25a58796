"""A user blocks another: what that one writes from then on takes its place on every device, and nothing of it is seen."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from support import PAIR, SECOND, of, plan, scenario

from faults import kinds
from faults.plan import Block, Plan, PlanError, ProtocolRef, check, decode, encode
from model import events as e
from model.content import Message
from model.topology import ConversationSpec, DeviceSpec
from parley.run import Run
from sim.history import Event

pytestmark = pytest.mark.requirement("P23", "P10")

THREE = msgspec.structs.replace(
    PAIR,
    users=("alice", "bob", "carol"),
    devices=(*PAIR.devices, DeviceSpec(name="carol-laptop", user="carol", region="eu")),
    conversations=(ConversationSpec(name="talk", members=("alice", "bob", "carol")),),
)
SENDS = ((5 * SECOND, "alice-phone"), (20 * SECOND, "alice-phone"), (22 * SECOND, "carol-laptop"))


def made(*faults: Any, blocks: Any = ((10 * SECOND, "bob-phone", "alice", False),), sends: Any = SENDS) -> Plan:
    sent = plan(*faults, sends=sends, duration=90 * SECOND, topology=THREE)
    wishes = tuple(Block(at=at, device=device, user=user, lift=lift) for at, device, user, lift in blocks)
    return msgspec.structs.replace(sent, workload=tuple(sorted(sent.workload + wishes, key=lambda a: a.at)))


def run(made: Plan) -> list[Event]:
    outcome = Run(made).execute()
    assert outcome.violations == []
    return outcome.history


def hidden(history: list[Event], device: str) -> dict[int, bool]:
    return {x.seq: x.hidden for x in of(history, e.Shown, device=device)}


def test_what_comes_after_a_block_is_hidden_on_every_device_of_who_blocks_and_on_no_other() -> None:
    history = run(made())
    for device in ("bob-phone", "bob-laptop"):
        assert hidden(history, device) == {1: False, 2: True, 3: False}
        assert [x.unread for x in of(history, e.UnreadShown, device=device)] == [1, 2], "not what is hidden"
    assert hidden(history, "carol-laptop") == {1: False, 2: False, 3: False}
    assert of(history, e.DeliveryFailed, reason="blocked", device="bob-phone", seq=2)
    assert of(history, e.Pushed, device="bob-phone", seq=2) == []


def test_what_was_hidden_stays_hidden_when_the_block_is_taken_back_and_what_follows_is_shown() -> None:
    wishes = ((10 * SECOND, "bob-phone", "alice", False), (21 * SECOND, "bob-laptop", "alice", True))
    sends = (*SENDS[:2], (50 * SECOND + 30 * SECOND, "alice-phone"))
    history = run(made(blocks=wishes, sends=sends))
    assert hidden(history, "bob-laptop") == {1: False, 2: True, 3: False}
    assert [(x.on, x.device) for x in of(history, e.BlockStored)] == [(True, "bob-phone"), (False, "bob-laptop")]


def test_nobody_is_notified_of_what_is_hidden() -> None:
    asleep = tuple(
        kinds.Sleep(device=device, at=12 * SECOND, duration=60 * SECOND) for device in ("bob-phone", "bob-laptop")
    )
    history = run(made(*asleep, sends=SENDS[:2]))
    assert of(history, e.HandedToNotification) == []
    assert hidden(history, "bob-phone") == {1: False, 2: True}


def test_a_wish_that_got_lost_is_told_again_and_survives_the_app() -> None:
    lost = kinds.DropAt(kind="Block", a=("*",), b=("*",))
    dead = kinds.KillApp(device="bob-phone", at=11 * SECOND, down=2 * SECOND)
    history = run(made(lost, dead))
    (stored,) = of(history, e.BlockStored)
    assert stored.t > 11 * SECOND
    assert hidden(history, "bob-laptop")[2] is True


def test_a_wish_of_a_wiped_device_is_not_taken_for_one_that_it_made_before() -> None:
    wishes = ((2 * SECOND, "bob-phone", "alice", False), (19 * SECOND, "bob-phone", "alice", True))
    history = run(made(kinds.Wipe(device="bob-phone", at=8 * SECOND, down=SECOND), blocks=wishes))
    assert [x.on for x in of(history, e.BlockStored)] == [True, False]
    assert [(x.ask, x.device) for x in of(history, e.BlockAsked)] == [(1, "bob-phone"), (1, "bob-phone")]


def test_only_who_has_blocked_the_sender_learns_that_a_row_is_hidden() -> None:
    message = Message(conversation="c", seq=1, message="m", sender="ann", device="a1", hidden_from=("bob", "cleo"))
    assert message.as_told("bob").hidden_from == ("bob",)
    assert message.as_told("ann").hidden_from == ()


def test_a_block_is_part_of_a_plan() -> None:
    told = made()
    assert decode(encode(told)) == told
    with pytest.raises(PlanError, match="no user 'eve'"):
        check(made(blocks=((SECOND, "bob-phone", "eve", False),)))


def test_campaigns_block_and_take_it_back() -> None:
    loaded = scenario("churn")
    wishes = [
        action
        for seed in range(1, 40)
        for action in loaded.plan(seed, ProtocolRef()).workload
        if isinstance(action, Block)
    ]
    assert {action.lift for action in wishes} == {True, False}
