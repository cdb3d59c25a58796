"""Joins and leaves are rows of the conversation: what comes before and after them is decided by their place (P13)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from support import PAIR, SECOND, of, plan, scenario

from faults import kinds
from faults.plan import Action, Join, Leave, Plan, PlanError, Send, check
from model import events as e
from model.topology import ConversationSpec, DeviceSpec
from parley.campaign import run_all
from parley.run import Run
from sim.history import Event

pytestmark = pytest.mark.requirement("P13", "D3")

TOWN = msgspec.structs.replace(
    PAIR,
    users=("alice", "bob", "carol"),
    devices=(*PAIR.devices, DeviceSpec(name="carol-phone", user="carol", region="eu")),
    conversations=(
        ConversationSpec(name="talk", members=("alice", "bob"), type="group"),
        ConversationSpec(name="two", members=("alice", "bob")),
    ),
)


def made(*actions: Action, faults: tuple[Any, ...] = (), duration: int = 120 * SECOND) -> Plan:
    return msgspec.structs.replace(plan(*faults, sends=(), duration=duration, topology=TOWN), workload=actions)


def run(*actions: Action, faults: tuple[Any, ...] = ()) -> list[Event]:
    outcome = Run(made(*actions, faults=faults)).execute()
    assert outcome.violations == []
    assert outcome.converged_after is not None
    return outcome.history


def send(second: float, device: str) -> Send:
    return Send(at=int(second * SECOND), device=device, conversation="talk", body="")


def join(second: float, user: str = "carol", by: str = "alice-phone", to: str = "talk") -> Join:
    return Join(at=int(second * SECOND), device=by, conversation=to, user=user)


def leave(second: float, user: str = "carol", by: str = "carol-phone") -> Leave:
    return Leave(at=int(second * SECOND), device=by, conversation="talk", user=user)


def shown(history: list[Event], device: str) -> list[int]:
    return [x.seq for x in of(history, e.Shown, device=device, conversation="talk")]


def test_a_member_sees_what_was_said_from_the_join_to_the_leave() -> None:
    actions: list[Action] = [
        send(5, "alice-phone"),
        join(10),
        send(15, "bob-phone"),
        leave(20),
        send(25, "alice-phone"),
    ]
    history = run(*actions)
    assert shown(history, "bob-laptop") == [1, 2, 3, 4, 5]
    assert shown(history, "carol-phone") == [2, 3, 4]
    assert [(x.user, x.by, x.seq) for x in of(history, e.MemberJoined)] == [("carol", "alice", 2)]
    assert [(x.user, x.by, x.seq) for x in of(history, e.MemberLeft)] == [("carol", "carol", 4)]


def test_who_comes_back_does_not_see_what_was_said_meanwhile() -> None:
    back: list[Action] = [
        join(5),
        send(10, "alice-phone"),
        leave(15),
        send(20, "alice-phone"),
        join(25),
        send(30, "bob-phone"),
    ]
    history = run(*back)
    assert shown(history, "carol-phone") == [1, 2, 3, 5, 6]
    cursor = of(history, e.CursorMoved, device="carol-phone")
    assert [x.to for x in cursor] == [1, 2, 3, 5, 6]


def test_who_was_away_all_the_time_learns_both_spans_by_sync() -> None:
    away = kinds.Sleep(device="carol-phone", at=8 * SECOND, duration=60 * SECOND)
    deaf = kinds.DropPush(duration=100 * SECOND)
    back: list[Action] = [
        join(5),
        send(10, "alice-phone"),
        leave(15, by="alice-phone"),
        send(20, "alice-phone"),
        join(25),
    ]
    history = run(*back, send(30, "bob-phone"), faults=(away, deaf))
    assert shown(history, "carol-phone") == [1, 2, 3, 5, 6]
    assert max(x.t for x in of(history, e.Shown, device="carol-phone", seq=2)) > 68 * SECOND


def test_a_send_that_is_overtaken_by_a_leave_is_refused() -> None:
    """Membership is asked in the commit: the send left the device while its user was still a member."""
    late = kinds.DelayAt(kind="Append", a=("*",), b=("*",), nth=3, delay=500_000)
    history = run(
        join(5), send(10, "alice-phone"), send(20, "carol-phone"), leave(20.2, by="alice-phone"), faults=(late,)
    )
    assert [(x.node, x.reason) for x in of(history, e.SendRefused)] == [("carol-phone", "not a member")]
    assert len(of(history, e.MemberLeft)) == 1


def test_a_retry_of_what_was_accepted_is_accepted_after_the_leave() -> None:
    """P2 before P13: the same message_id has its seq already."""
    lost = kinds.DropAt(kind="SendResult", a=("*",), b=("carol-phone",))
    history = run(join(5), send(10, "carol-phone"), leave(12, by="alice-phone"), faults=(lost,))
    assert [(x.message, x.seq) for x in of(history, e.SendAccepted, device="carol-phone")] == [("carol-phone:1", 2)]
    assert of(history, e.SendRefused) == []
    assert len(of(history, e.DuplicateRecognised)) == 1


@pytest.mark.requirement("D2")
def test_who_may_change_the_membership_and_of_which_type_of_conversation() -> None:
    outsider = join(5, user="carol", by="carol-phone")
    twice = [join(10), join(15)]
    not_the_owner = leave(20, user="carol", by="bob-phone")
    of_two = join(25, to="two")
    gone = [leave(30, by="alice-phone"), leave(35, by="alice-phone")]
    history = run(outsider, *twice, not_the_owner, of_two, *gone)
    assert [x.reason for x in of(history, e.SendRefused)] == [
        "not a member",
        "already a member",
        "not the owner",
        "a direct conversation keeps its two members",
        "no such member",
    ]


def test_the_next_member_becomes_owner_when_the_owner_leaves() -> None:
    history = run(join(5), leave(10, user="alice", by="alice-phone"), leave(15, by="bob-phone"))
    assert [(x.user, x.by) for x in of(history, e.MemberLeft)] == [("alice", "alice"), ("carol", "bob")]


def test_the_badge_of_a_conversation_that_was_left_is_empty() -> None:
    history = run(join(5), send(10, "alice-phone"), send(11, "alice-phone"), leave(15, by="alice-phone"))
    assert [x.unread for x in of(history, e.UnreadShown, device="carol-phone")] == [1, 2, 0]


def test_nobody_is_told_that_an_outsider_types() -> None:
    from faults.plan import Type

    typing = [Type(at=s * SECOND, device="carol-phone", conversation="talk") for s in (10, 30)]
    history = run(join(20), *typing, send(31, "alice-phone"))
    told = of(history, e.TypingShown)
    assert {x.device for x in told} == {"alice-phone", "bob-phone", "bob-laptop"}
    assert min(x.t for x in told) > 30 * SECOND


def test_a_plan_that_names_nobody_is_refused() -> None:
    with pytest.raises(PlanError, match=r"workload\[0\]\.user: this topology has no user 'zoe'"):
        check(made(join(5, user="zoe")))


def test_churn_holds_and_reaches_what_it_is_for() -> None:
    found = run_all([(scenario("churn"), range(1, 41))], "", jobs=1)
    assert found.violated() == []
