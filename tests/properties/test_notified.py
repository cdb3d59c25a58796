"""Who is away is notified in time: what is owed to whom, what is not; and wrong protocols that are late only, which are told."""

from __future__ import annotations

from typing import Any

import judging
import pytest
from support import ROOT, Tale, first_caught

from model.events import (
    Connected,
    DeadLettered,
    DeliveryFailed,
    Disconnected,
    HintEnded,
    LagAlarm,
    MemberJoined,
    MemberLeft,
    NotificationAttempted,
    NotificationDelivered,
    NotificationDropped,
    NotificationIgnored,
    NotificationRejected,
    NotificationSent,
    NotificationShown,
    NotificationThrottled,
    Persisted,
    ReadMarkMoved,
    Slept,
)
from sim.history import Crashed, Ended, FaultEnded, FaultStarted, MessageLost, NodePlaced, Paused, Restarted, Resumed

pytestmark = pytest.mark.requirement("G6", "V1", "V3")

NAME = "notified-in-time"
SECOND = 1_000_000
WITHIN, SETTLES, AT_REST = 30 * SECOND, 60 * SECOND, 75 * SECOND

SERVERS = (("w", "worker"), ("svc", "notification"), ("apns", "provider"), ("g", "gateway"), ("p", "presence"))


def placed(*servers: tuple[str, str]) -> Tale:
    tale = Tale()
    for node, role in servers or SERVERS:
        tale.add(NodePlaced, "eu", "", role, node=node, t=0)
    tale.add(Connected, "b2", "g", 1, t=0)
    return tale


def commit(tale: Tale, t: int, seq: int = 1, sender: str = "ann", kind: str = "", conversation: str = "c") -> None:
    tale.add(Persisted, conversation, seq, f"m{seq}", sender, f"{sender[0]}1", 0, kind, node="store", t=t)


def over(tale: Tale, t: int) -> list[str]:
    """Which devices are said to be told late, when time goes on until `t`, in the order in which it is said."""
    tale.add(Ended, node="run", t=t)
    return [message.split()[0] for message in judging.said(tale, NAME)]


def test_who_is_away_and_not_notified_when_the_time_is_over_is_late() -> None:
    tale = placed()
    commit(tale, SECOND)
    assert over(tale, SECOND + WITHIN + 1) == ["b1"]
    assert judging.proofs(tale, NAME) == [(len(tale.events) - 2, len(tale.events) - 1)]
    assert judging.times_tested(tale, NAME) == 1
    tale = placed()
    commit(tale, SECOND)
    assert over(tale, SECOND + WITHIN) == []
    assert judging.times_tested(tale, NAME) == 0


TELLS: dict[str, tuple[tuple[Any, ...], bool]] = {
    "taken by the provider": ((NotificationSent, "b1", "c", False, "t1"), True),
    "of another conversation": ((NotificationSent, "b1", "d", False, "t1"), False),
    "to another device": ((NotificationSent, "b2", "c", False, "t1"), False),
    "delivered": ((NotificationDelivered, "b1", "c", "t1"), True),
    "shown": ((NotificationShown, "b1", "c", "bob", "t1", 1), True),
    "ignored": ((NotificationIgnored, "b1", "c", "bob", "t1", 1), True),
    "lost": ((NotificationDropped, "b1", "c", "t1"), True),
    "refused": ((NotificationRejected, "b1", "c", "t1", "disabled"), True),
    "held off": ((NotificationThrottled, "b1", "c", 180 * SECOND), True),
    "another held off": ((NotificationThrottled, "b2", "c", 180 * SECOND), False),
    "tried": ((NotificationAttempted, "b1", "c", "t1", 1), False),
    "no token": ((HintEnded, "b1", "c", "no token"), True),
    "said to be taken": ((HintEnded, "b1", "c", "taken"), False),
    "given up": ((DeliveryFailed, "b1", "c", 1, "stuck"), True),
    "nobody's any more": ((DeadLettered, "c", 1, 9), True),
    "another's nobody's any more": ((DeadLettered, "d", 1, 9), False),
    "read": ((ReadMarkMoved, "b2", "c", 1, "b2"), True),
    "read by another": ((ReadMarkMoved, "a1", "c", 1, "a1"), False),
    "left": ((MemberLeft, "c", 2, "bob", "ann", 1), True),
    "connected": ((Connected, "b1", "g", 1), True),
}


@pytest.mark.parametrize("how", TELLS)
def test_what_counts_as_told_and_what_does_not(how: str) -> None:
    told, enough = TELLS[how]
    tale = placed()
    commit(tale, SECOND)
    tale.add(*told, node="svc", t=SECOND + WITHIN)
    assert over(tale, SECOND + WITHIN + 1) == ([] if enough else ["b1"])
    tale = placed()
    commit(tale, SECOND)
    tale.add(*told, node="svc", t=SECOND + WITHIN + 1)
    assert over(tale, SECOND + WITHIN + 2) == ["b1"] or how == "left", "too late"


def test_who_is_told_does_not_speak_for_the_user_s_other_devices() -> None:
    tale = placed()
    tale.add(Slept, "b2", t=0)
    commit(tale, SECOND)
    tale.add(*TELLS["taken by the provider"][0], node="svc", t=2 * SECOND)
    assert over(tale, 40 * SECOND) == ["b2"]


def test_where_nobody_ever_connects_everybody_is_owed_one() -> None:
    tale = Tale()
    for node, role in SERVERS:
        tale.add(NodePlaced, "eu", "", role, node=node, t=0)
    commit(tale, SECOND)
    assert over(tale, 40 * SECOND) == ["b1", "b2"]


def test_who_has_read_it_does_not_speak_for_other_users() -> None:
    tale = placed()
    tale.add(MemberJoined, "c", 1, "zoe", "ann", 1, node="store", t=0)
    commit(tale, SECOND, 2)
    tale.add(*TELLS["read"][0][:3], 2, "b2", t=2 * SECOND)
    assert over(tale, 40 * SECOND) == ["z1"]


def test_what_was_told_before_tells_nothing_of_what_comes_after() -> None:
    for told in ("shown", "delivered", "lost", "no token", "given up", "nobody's any more"):
        tale = placed()
        tale.add(*TELLS[told][0], node="svc", t=SECOND)
        commit(tale, 2 * SECOND)
        assert over(tale, 40 * SECOND) == ["b1"], told


def test_a_notification_that_is_pending_is_one_until_it_is_delivered_or_lost() -> None:
    for end in (None, "delivered", "shown", "ignored", "lost", "dies"):
        tale = placed()
        tale.add(NotificationSent, "b1", "c", False, "t1", node="apns", t=SECOND)
        if end == "dies":
            tale.add(Crashed, 1, "", node="apns", t=2 * SECOND)
            tale.add(Restarted, 2, node="apns", t=3 * SECOND)
        elif end is not None:
            tale.add(*TELLS[end][0], node="apns", t=3 * SECOND)
        commit(tale, 100 * SECOND)
        assert over(tale, 140 * SECOND) == ([] if end is None else ["b1"]), end


def test_the_death_of_another_server_takes_nothing_from_the_provider() -> None:
    tale = placed()
    tale.add(NotificationSent, "b1", "c", False, "t1", node="apns", t=SECOND)
    tale.add(Crashed, 1, "", node="g", t=2 * SECOND)
    commit(tale, 3 * SECOND)
    assert over(tale, 40 * SECOND) == []


def test_whom_the_provider_holds_off_is_told_after_the_next_try() -> None:
    tale = placed()
    tale.add(NotificationThrottled, "b1", "c", 180 * SECOND, node="svc", t=SECOND)
    commit(tale, 2 * SECOND)
    commit(tale, 170 * SECOND, 2)
    tale.add(NotificationAttempted, "b1", "c", "t1", 2, node="svc", t=190 * SECOND)
    commit(tale, 191 * SECOND, 3)
    assert over(tale, 230 * SECOND) == ["b1"]
    assert "c 3 (m3)" in judging.said(tale, NAME)[0]


def test_only_others_messages_are_owed_to_members_and_only_those_that_are_seen() -> None:
    tale = placed()
    tale.add(Connected, "a1", "g", 1, t=0)
    commit(tale, SECOND, 1, "bob")
    commit(tale, SECOND, 2, kind="joined")
    assert over(tale, 40 * SECOND) == []
    tale = placed()
    commit(tale, SECOND)
    tale.add(MemberJoined, "c", 2, "zoe", "ann", 2, node="store", t=2 * SECOND)
    assert over(tale, 40 * SECOND) == ["b1"]


def test_a_read_mark_below_the_message_is_no_reading_of_it() -> None:
    tale = placed()
    commit(tale, SECOND, 1)
    commit(tale, SECOND, 2)
    tale.add(ReadMarkMoved, "b2", "c", 1, "b2", t=2 * SECOND)
    assert over(tale, 40 * SECOND) == ["b1"]
    assert "c 2 (m2)" in judging.said(tale, NAME)[0]


@pytest.mark.parametrize(
    "gone",
    [(Disconnected, "b2", "g", 1, "reset"), (Slept, "b2"), (Crashed, 1, "")],
    ids=lambda gone: gone[0].__name__,
)
def test_only_who_was_away_all_the_time_is_owed_one(gone: tuple[Any, ...]) -> None:
    tale = placed()
    tale.add(Connected, "b1", "g", 1, t=0)
    commit(tale, SECOND, 1)
    tale.add(*gone, node="b2", t=2 * SECOND)
    assert over(tale, 40 * SECOND) == []
    tale = placed()
    tale.add(Connected, "b1", "g", 1, t=0)
    tale.add(*gone, node="b2", t=SECOND)
    commit(tale, 2 * SECOND, 1)
    assert over(tale, 40 * SECOND) == ["b2"]


STRIKES: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "dies": ((Crashed, 1, ""), (Restarted, 2)),
    "stands still": ((Paused,), (Resumed, 0)),
}


@pytest.mark.parametrize("how", STRIKES)
@pytest.mark.parametrize(
    ("node", "rests"), [("w", SETTLES), ("svc", AT_REST), ("apns", AT_REST), ("g", None), ("p", None), ("b1", None)]
)
def test_what_strikes_the_core_or_the_service_is_waited_for(how: str, node: str, rests: int | None) -> None:
    begin, end = STRIKES[how]
    if node == "b1" and how == "dies":
        return
    tale = placed()
    tale.add(*begin, node=node, t=SECOND)
    commit(tale, 2 * SECOND)
    assert over(tale, 40 * SECOND) == ([] if rests else ["b1"])
    tale = placed()
    tale.add(*begin, node=node, t=SECOND)
    tale.add(*end, node=node, t=2 * SECOND)
    calm = 2 * SECOND + (rests or 0)
    commit(tale, calm - 1 if rests else calm)
    assert over(tale, calm + 40 * SECOND) == ([] if rests else ["b1"])
    tale.events[-2].t = calm
    assert [message.split()[0] for message in judging.said(tale, NAME)] == ["b1"]


@pytest.mark.parametrize(("node", "rests"), [("w", SETTLES), ("svc", AT_REST)])
@pytest.mark.parametrize("late", [0, 1])
def test_what_struck_as_the_record_began_is_waited_for_too(node: str, rests: int, late: int) -> None:
    tale = placed()
    tale.add(Paused, node=node, t=0)
    tale.add(Resumed, 0, node=node, t=0)
    commit(tale, rests - 1 + late)
    assert over(tale, rests + 40 * SECOND) == (["b1"] if late else [])


def test_what_begins_before_the_time_is_over_excuses() -> None:
    for strike in ((Paused, "svc"), (Paused, "w"), (Crashed, "apns")):
        tale = placed()
        commit(tale, SECOND)
        tale.add(strike[0], *((1, "") if strike[0] is Crashed else ()), node=strike[1], t=SECOND + WITHIN)
        assert over(tale, 100 * SECOND) == [], strike
    tale = placed()
    commit(tale, SECOND)
    tale.add(LagAlarm, 9, 10, node="w", t=2 * SECOND)
    assert over(tale, 100 * SECOND) == []


@pytest.mark.parametrize(
    ("ends", "rests"),
    [(("w", "svc"), AT_REST), (("svc", "apns"), AT_REST), (("apns", "svc"), AT_REST), (("g", "b1"), 0)],
)
def test_a_message_that_is_lost_on_the_way_counts(ends: tuple[str, str], rests: int) -> None:
    for late in (0, 1):
        tale = placed()
        tale.add(MessageLost, "Notify", ends[1], "loss", node=ends[0], t=SECOND)
        commit(tale, SECOND + rests - 1 + late)
        assert over(tale, 200 * SECOND) == (["b1"] if late or not rests else [])


def test_a_fault_on_the_service_counts_while_it_is_on_and_until_it_is_at_rest() -> None:
    for t, owed in ((3 * SECOND, []), (2 * SECOND + AT_REST + SECOND, ["b1"])):
        tale = placed()
        tale.add(FaultStarted, 1, "slow", False, ("svc",), node="run", t=SECOND)
        tale.add(FaultEnded, 1, "slow", node="run", t=2 * SECOND)
        commit(tale, t)
        assert over(tale, t + 40 * SECOND) == owed


@pytest.mark.parametrize("lacks", ["notification", "provider"])
def test_a_system_without_notifications_and_one_of_which_nobody_knows_owes_none(lacks: str) -> None:
    tale = placed(*((node, role) for node, role in SERVERS if role != lacks))
    commit(tale, SECOND)
    assert (over(tale, 40 * SECOND), judging.times_tested(tale, NAME)) == ([], 0)


VARIANTS = ROOT / "tests" / "cases" / "variants"


@pytest.mark.requirement("V11")
@pytest.mark.parametrize("name", ["slow_hints", "slow_to_wake_at_the_service"])
def test_notifications_that_are_late_only_are_told_within_thirty_runs(name: str) -> None:
    assert first_caught("ci", str(VARIANTS / f"{name}.py"), NAME, 30)


@pytest.mark.requirement("V3")
@pytest.mark.parametrize("name", ["tells_late", "tells_late_under_a_new_token"])
def test_the_mutants_that_are_late_only_are_told(name: str) -> None:
    assert first_caught("push", str(ROOT / "properties" / "mutants" / f"{name}.py"), NAME, 40)
