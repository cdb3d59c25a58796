"""Who sleeps is notified of what others send meanwhile: each condition, from both of its sides, in runs and in records."""

from __future__ import annotations

from typing import Any

import pytest
from support import ROOT, Tale

from model.events import (
    BlockAsked,
    Connected,
    DeadLettered,
    DeliveryFailed,
    HintEnded,
    LoggedIn,
    LoggedOut,
    MemberJoined,
    MemberLeft,
    NotificationDelivered,
    NotificationDropped,
    NotificationIgnored,
    NotificationSent,
    NotificationShown,
    NotificationThrottled,
    Probed,
    SendAccepted,
    SendAttempted,
    SendRequested,
    Shown,
    Slept,
    TokenIssued,
    Wiped,
    Woke,
)
from parley.commands.verify import verify
from parley.record.reading import OBSERVABLE
from properties.base import Liveness
from properties.judge import HOLDS, VIOLATED, Judge
from properties.record_scope import RecordScope
from sim.history import Crashed, Ended, Healed, Restarted

pytestmark = pytest.mark.requirement("G6", "P8", "V9")

NAME = "sleepers-are-notified"
HISTORIES = ROOT / "tests" / "cases" / "histories"
SECOND = 1_000_000
PATIENCE = 300 * SECOND


@pytest.mark.parametrize("name", ["nobody-notified", "only-the-first-device-notified"])
def test_who_sleeps_is_told_of_nothing(name: str) -> None:
    assert {violation.property for violation in verify(HISTORIES / f"{name}.jsonl").violations} == {NAME}


class Sleeping:
    """Bob's phone b1 sleeps; Ann sends from a1, each message accepted at once. b2 does what a test says."""

    def __init__(self, *, record: bool = False, opaque: bool = False, skew: int = 0) -> None:
        self.scope = RecordScope(records=OBSERVABLE if record else None, opaque=opaque, skew=skew)
        self.tale = Tale()
        self.add = self.tale.add
        self.accepted: list[int] = []
        self.add(NotificationSent, "b2", "c", False, "t2", node="apns")
        self.add(NotificationDropped, "b2", "c", "t2", node="apns")

    def sleep(self, device: str = "b1") -> Sleeping:
        self.add(Slept, device)
        return self

    def attempt(self, number: int, device: str = "a1") -> None:
        self.add(SendRequested, device, "c", f"s{number}", number)
        self.add(SendAttempted, device, "c", f"s{number}", f"m{number}", 1)

    def accept(self, number: int, device: str = "a1", seq: int = 0) -> int:
        self.accepted.append(self.add(SendAccepted, device, "c", f"s{number}", f"m{number}", seq))
        return self.accepted[-1]

    def send(self, number: int, device: str = "a1", seq: int = 0) -> Sleeping:
        self.attempt(number, device)
        self.accept(number, device, seq)
        return self

    def notify(self, device: str = "b1", seq: int = 0, conversation: str = "c") -> None:
        self.add(NotificationShown, device, conversation, "bob", "", seq)

    def judge(self) -> Judge:
        judge = Judge(scope=self.scope)
        judge.advance(self.tale.events)
        return judge

    def owed(self) -> list[str]:
        prop = next(prop for prop in self.judge().properties if prop.name == NAME)
        assert isinstance(prop, Liveness)
        debts = list(prop.missing())
        assert prop.owed() == len(debts)
        return [debt.message.split(" told it of ")[1] for debt in debts]

    def said(self) -> list[tuple[str, tuple[int, ...]]]:
        return [(v.message, v.evidence) for v in self.judge().violations if v.property == NAME]


def test_each_message_until_a_notification_is_owed() -> None:
    its = Sleeping().sleep().send(1)
    assert its.owed() == ["m1 in c"]
    its.send(2)
    assert its.owed() == ["m1, m2 in c"]
    its.notify()
    assert its.owed() == []
    its.send(3)
    assert its.owed() == ["m3 in c"]


@pytest.mark.parametrize(("device", "conversation"), [("b2", "c"), ("b1", "d")])
def test_a_notification_elsewhere_is_another_one(device: str, conversation: str) -> None:
    its = Sleeping().sleep().send(1)
    its.notify(device, conversation=conversation)
    assert its.owed() == ["m1 in c"]


def test_only_who_sleeps_is_owed_one_and_only_of_what_others_send() -> None:
    assert Sleeping().send(1).owed() == []
    assert Sleeping().sleep("z1").send(1).owed() == []
    assert Sleeping().sleep().send(1, "b2").owed() == []
    its = Sleeping()
    its.attempt(1)
    its.sleep()
    its.accept(1)  # it may have been pushed while the app still ran
    assert its.owed() == []


@pytest.mark.parametrize(
    ("kind", "fields", "node"),
    [
        (Woke, ("b1", "user"), "b1"),
        (Wiped, ("b1", 2), "b1"),
        (Restarted, (2,), "b1"),
        (Crashed, (1, ""), "b1"),
        (LoggedOut, ("b1",), "b1"),
        (TokenIssued, ("b1", "t9"), "b1"),
        (MemberLeft, ("c", 9, "bob", "ann", 9), "store"),
        (NotificationDropped, ("b1", "c", "t1"), "apns"),
        (NotificationIgnored, ("b1", "c", "bob", "t1"), "b1"),
        (NotificationThrottled, ("b1", "c", 5), "svc"),
        (HintEnded, ("b1", "c", "disabled"), "svc"),
        (DeliveryFailed, ("b1", "c", 1, "stuck"), "store"),
        (DeadLettered, ("c", 1, 20), "queue"),
        (Crashed, (1, ""), "apns"),
    ],
)
@pytest.mark.parametrize("when", ["after", "before the accept"])
def test_who_can_not_be_told_is_owed_nothing(kind: Any, fields: tuple[Any, ...], node: str, when: str) -> None:
    its = Sleeping().sleep()
    its.attempt(1)
    if when == "before the accept":
        its.add(kind, *fields, node=node)
    its.accept(1)
    if when == "after":
        its.add(kind, *fields, node=node)
    assert its.owed() == []


@pytest.mark.parametrize(
    ("kind", "fields", "node"),
    [
        (NotificationDropped, ("b1", "c", "t1"), "apns"),
        (NotificationThrottled, ("b1", "c", 5), "svc"),
        (HintEnded, ("b1", "c", "disabled"), "svc"),
        (Crashed, (1, ""), "apns"),
        (MemberLeft, ("c", 9, "ann", "ann", 9), "store"),
    ],
)
def test_what_is_sent_later_is_owed_again(kind: Any, fields: tuple[Any, ...], node: str) -> None:
    its = Sleeping().sleep().send(1)
    its.add(kind, *fields, node=node)
    assert its.send(2).owed() == ["m1, m2 in c" if kind is MemberLeft else "m2 in c"]


@pytest.mark.parametrize(
    ("kind", "fields", "node"),
    [
        (Woke, ("b2", "user"), "b2"),
        (Crashed, (1, ""), "store"),
        (LoggedOut, ("b2",), "b2"),
        (HintEnded, ("b1", "c", "taken"), "svc"),
        (HintEnded, ("b2", "c", "disabled"), "svc"),
        (NotificationDropped, ("b1", "d", "t1"), "apns"),
        (DeadLettered, ("d", 1, 20), "queue"),
        (Connected, ("b1", "g", 1), "b1"),
    ],
)
def test_what_befalls_others_is_no_excuse(kind: Any, fields: tuple[Any, ...], node: str) -> None:
    its = Sleeping().sleep().send(1)
    its.add(kind, *fields, node=node)
    assert its.owed() == ["m1 in c"]


def test_who_is_logged_out_sleeps_for_nobody() -> None:
    its = Sleeping()
    its.add(LoggedOut, "b1")
    assert its.sleep().send(1).owed() == []
    its.add(LoggedIn, "b1")
    its.add(Woke, "b1", "user")
    assert its.sleep().send(2).owed() == ["m2 in c"]


def test_a_token_that_was_given_in_sleep_has_to_be_registered() -> None:
    its = Sleeping()
    its.add(TokenIssued, "b1", "t1")
    its.sleep()
    its.add(TokenIssued, "b1", "t2")
    its.add(Woke, "b1", "user")
    assert its.sleep().send(1).owed() == []
    its.add(Woke, "b1", "user")
    its.add(Connected, "b1", "g", 1)
    assert its.sleep().send(2).owed() == ["m2 in c"]


def test_what_the_notification_told_of_is_not_owed_when_it_is_accepted_late() -> None:
    for seq, owed in ((3, []), (2, ["m1 in c"])):
        its = Sleeping().sleep()
        its.notify(seq=seq)
        its.attempt(1)
        its.accept(1, seq=3)
        assert its.owed() == owed
    its = Sleeping().sleep()
    its.attempt(1)
    its.notify()
    its.accept(1)
    assert its.owed() == []


def test_a_member_is_owed_what_is_sent_after_the_join() -> None:
    its = Sleeping()
    its.add(MemberLeft, "c", 1, "bob", "ann", 1, node="store")
    its.sleep().attempt(1)
    its.add(MemberJoined, "c", 2, "bob", "ann", 2, node="store")
    its.accept(1)
    assert its.owed() == []
    assert its.send(2).owed() == ["m2 in c"]


def test_who_is_blocked_wakes_nobody() -> None:
    its = Sleeping()
    its.add(BlockAsked, "b1", "zoe", True, 1)
    assert its.sleep().send(1).owed() == ["m1 in c"]
    its = Sleeping()
    its.add(BlockAsked, "b2", "ann", True, 1)
    assert its.sleep().send(1).owed() == []


# --- in a probe --------------------------------------------------------------------------------------------------------


def probed(*, late: int = 0) -> tuple[Sleeping, int]:
    """A probe of 10 s, in which one message is sent, and the time at which it is over."""
    its = Sleeping()
    its.add(Healed, 10 * SECOND, node="run")
    its.add(Probed, 10 * SECOND, ("b1",), ("c",), node="run")
    over = its.tale.now + 10 * SECOND + late
    its.sleep().send(1)
    return its, over


@pytest.mark.parametrize(("late", "by", "wrong"), [(0, "user", 1), (-1, "user", 0), (0, "notification", 0)])
def test_whose_user_has_to_open_the_app_was_not_notified(late: int, by: str, wrong: int) -> None:
    its, over = probed(late=late)
    woke = its.add(Woke, "b1", by, t=over)
    text = "b1 sleeps, and no notification told it of m1 in c"
    assert its.said() == [(text, (its.accepted[0], woke))] * wrong


@pytest.mark.parametrize(
    ("kind", "fields", "wrong"),
    [(None, (), 0), (NotificationDelivered, ("b1", "c", "t1"), 1), (NotificationDelivered, ("b1", "d", "t1"), 0)],
)
def test_what_the_provider_has_is_its_own_affair(kind: Any, fields: tuple[Any, ...], wrong: int) -> None:
    its, over = probed()
    its.add(NotificationSent, "b1", "c", False, "t1", node="apns")
    if kind is not None:
        its.add(kind, *fields, node="apns")
    its.add(Woke, "b1", "user", t=over)
    assert len(its.said()) == wrong


def test_a_provider_that_died_has_nothing() -> None:
    its, over = probed()
    its.add(NotificationSent, "b1", "c", False, "t1", node="apns")
    its.add(Crashed, 1, "", node="apns")
    its.send(2)
    its.add(Woke, "b1", "user", t=over)
    assert [evidence[0] for _, evidence in its.said()] == [its.accepted[1]]


def test_a_notification_wakes() -> None:
    its, _ = probed()
    shown = its.add(NotificationShown, "b1", "c", "bob", "")
    woke = its.add(Woke, "b1", "user")
    assert its.said() == [("b1 was shown a notification, and its app did not run", (shown, woke))]
    its, _ = probed()
    its.notify()
    its.add(Woke, "b1", "notification")
    its.add(Woke, "b1", "user")
    assert its.said() == []
    its, _ = probed()
    its.notify("b2")
    its.add(Woke, "b2", "user")  # which did not sleep
    its.add(Woke, "b1", "user")
    assert its.said() == []


def test_what_is_owed_in_a_probe_is_due_when_both_of_its_bounds_are_over() -> None:
    for late, found in ((-1, 0), (0, 1)):
        its, over = probed()
        its.add(Ended, node="run", t=over + 10 * SECOND + late)
        assert len(its.said()) == found


# --- in a record -------------------------------------------------------------------------------------------------------


def test_one_lost_notification_proves_nothing_in_a_record() -> None:
    its = Sleeping(record=True).sleep().send(1)
    assert its.owed() == []
    assert its.send(2).owed() == ["m1, m2 in c"]
    its.notify()
    assert its.owed() == []


def test_what_another_device_of_the_user_shows_needs_no_notification_in_a_record() -> None:
    for record, owed in ((True, []), (False, ["m1, m2 in c"])):
        its = Sleeping(record=record).sleep().send(1).send(2)
        its.add(Shown, "b2", "c", 1, "m1", "ann")
        assert its.owed() == owed


@pytest.mark.parametrize(("late", "wrong"), [(0, 0), (1, 1)])
@pytest.mark.parametrize("record", [True, False])
def test_whoever_wakes_had_been_owed_it_for_long(late: int, wrong: int, record: bool) -> None:
    its = Sleeping(record=record).sleep().send(1).send(2)
    second = its.tale.events[its.accepted[1] - 1].t
    woke = its.add(Woke, "b1", "user", t=second + PATIENCE + late)
    text = "b1 slept, and was not notified of 2 messages in c"
    assert its.said() == [(text, (*its.accepted, woke))] * (wrong if record else 0)


@pytest.mark.parametrize("opaque", [True, False])
def test_a_record_without_numbers_goes_by_time(opaque: bool) -> None:
    its = Sleeping(record=True, opaque=opaque).sleep()
    its.notify(seq=9)
    its.send(1, seq=3).send(2, seq=4)
    assert its.owed() == (["m1, m2 in c"] if opaque else [])


def test_clocks_that_differ_leave_open_what_came_first() -> None:
    """The app may have slept only after the sending; or have been told after it."""
    its = Sleeping(record=True, skew=10_000).sleep().send(1).send(2)
    assert its.owed() == []
    its.tale.now += 20_000
    its.send(3).send(4)
    assert its.owed() == ["m3, m4 in c"]
    its.notify()
    its.send(5).send(6)
    assert its.owed() == []


def test_gaps_leave_open_whom_a_message_is_for() -> None:
    judge = Judge(scope=RecordScope(records=OBSERVABLE, gaps=True))
    assert NAME in judge.not_judged


def test_a_whole_probe_holds() -> None:
    its, _ = probed()
    its.notify()
    its.add(Woke, "b1", "notification")
    verdict = next(verdict for verdict in its.judge().verdicts() if verdict.property == NAME)
    assert (verdict.status, verdict.tested) == (HOLDS, 1)
    its.add(Slept, "b1")
    its.send(2)
    its.add(Ended, node="run", t=its.tale.now + 100 * SECOND)
    assert next(verdict.status for verdict in its.judge().verdicts() if verdict.property == NAME) == VIOLATED


@pytest.mark.parametrize(("skew", "owed"), [(2_000, []), (1_999, ["m1 in c"])])
def test_what_was_sent_as_it_was_told_is_not_owed(skew: int, owed: list[str]) -> None:
    its = Sleeping(skew=skew).sleep()
    its.tale.now += 60_000
    its.notify()
    assert its.send(1).owed() == owed


@pytest.mark.parametrize(("skew", "owed"), [(2_000, ["m1 in c"]), (2_001, [])])
def test_who_fell_asleep_as_it_was_sent_is_owed_it(skew: int, owed: list[str]) -> None:
    assert Sleeping(skew=skew).sleep().send(1).owed() == owed


def test_who_fell_asleep_anew_does_not_hide_who_still_sleeps() -> None:
    its = Sleeping().sleep("b1").sleep("b2")
    its.attempt(1)
    its.sleep("b1")
    its.accept(1)
    assert its.owed() == ["m1 in c"]


def test_what_an_app_was_shown_before_the_probe_did_not_have_to_wake_it() -> None:
    its = Sleeping().sleep()
    its.notify()
    its.add(Probed, 10 * SECOND, ("b1",), ("c",), node="run")
    its.add(Woke, "b1", "user")
    assert its.said() == []
