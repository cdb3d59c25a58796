"""Who is away is notified of what is new, and nobody else is: each condition, from both of its sides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from judging import proofs, said, status, times_tested
from support import ROOT, Tale

from model.events import (
    DeviceRegistered,
    HandedToNotification,
    HintEnded,
    HintTaken,
    MemberJoined,
    MemberLeft,
    NotificationAttempted,
    NotificationDelivered,
    NotificationDropped,
    NotificationIgnored,
    NotificationRejected,
    NotificationSent,
    NotificationShown,
    Persisted,
    ReadMarkMoved,
    ReadStored,
    SendAttempted,
    SendRequested,
    Shown,
    TaskLeased,
    TokenRegistered,
    TokenRemoved,
)
from parley.commands.verify import verify
from properties.judge import HOLDS, VACUOUS, Judge
from properties.record_scope import RecordScope
from sim.history import ClockSet, Ended

pytestmark = pytest.mark.requirement("G6", "P8", "C10")

HISTORIES = ROOT / "tests" / "cases" / "histories"
SECOND = 1_000_000


def violated(path: Path) -> set[str]:
    return {violation.property for violation in verify(path).violations}


@pytest.mark.parametrize("name", ["notified-after-removal", "notified-after-leaving"])
def test_who_has_left_is_notified(name: str) -> None:
    assert violated(HISTORIES / f"{name}.jsonl") == {"only-members-are-notified"}


# --- what the service's log says ---------------------------------------------------------------------------------------


def commit(tale: Tale, seq: int) -> int:
    return tale.add(Persisted, "c", seq, f"m{seq}", "ann", "a1", node="store")


def handed(tale: Tale, seq: int = 1, device: str = "b1", worker: str = "w") -> int:
    return tale.add(HandedToNotification, device, "c", seq, node=worker)


@pytest.mark.parametrize(("device", "conversation", "wrong"), [("b1", "c", 0), ("b2", "c", 1), ("b1", "d", 1)])
def test_the_hint_that_was_noted_is_the_one_that_was_handed_over(device: str, conversation: str, wrong: int) -> None:
    tale = Tale()
    row = commit(tale, 1)
    tale.add(HintTaken, device, conversation, node="svc")
    last = handed(tale)
    assert proofs(tale, "handed-over-is-taken") == [(row, last)] * wrong
    assert times_tested(tale, "handed-over-is-taken") == 1


def test_what_was_never_committed_is_not_judged() -> None:
    tale = Tale()
    handed(tale, 7)
    tale.add(HandedToNotification, "b1", "elsewhere", 1, node="w")
    assert status(tale, "handed-over-is-taken") == VACUOUS


@pytest.mark.parametrize(("seq", "wrong"), [(1, ""), (2, ""), (3, "bob is no member there"), (5, "")])
def test_whoever_is_handed_over_is_a_member_at_that_place(seq: int, wrong: str) -> None:
    tale = Tale()
    tale.add(MemberLeft, "c", 2, "bob", "ann", 2, node="store")
    tale.add(MemberJoined, "c", 4, "bob", "ann", 4, node="store")
    handed(tale, seq)
    text = f"b1 was handed over for c {seq}, and {wrong}"
    assert said(tale, "only-who-should-is-handed-over") == [text] * bool(wrong)


def test_a_strangers_device_is_not_handed_over() -> None:
    tale = Tale()
    tale.add(DeviceRegistered, "y1", "yan", "eu", "wifi")
    handed(tale, device="y1")
    handed(tale, device="x1")
    assert said(tale, "only-who-should-is-handed-over") == [
        "y1 was handed over for c 1, and yan is no member there",
        "x1 was handed over for c 1, and nobody is no member there",
    ]


@pytest.mark.parametrize(
    ("reader", "to", "worker", "seq", "wrong"),
    [("bob", 2, "w", 2, 1), ("bob", 1, "w", 2, 0), ("ann", 2, "w", 2, 0), ("bob", 2, "v", 2, 0), ("bob", 2, "w", 1, 0)],
)
def test_what_was_read_before_its_task_was_taken_wakes_nobody(
    reader: str, to: int, worker: str, seq: int, wrong: int
) -> None:
    """The task is of 2, and in the hands of w: for another worker, or another message, it is another task."""
    tale = Tale()
    read = tale.add(ReadStored, reader, "c", to, node="store")
    leased = tale.add(TaskLeased, "c", seq, worker, 1, 0, 1, node="queue")
    tale.add(TaskLeased, "c", seq, worker, 2, 0, 1, node="queue")
    last = handed(tale, 2)
    assert proofs(tale, "only-who-should-is-handed-over") == [(read, leased, last)] * wrong


def test_two_marks_that_pass_it_are_one_violation() -> None:
    tale = Tale()
    for to in (2, 3):
        tale.add(ReadStored, "bob", "c", to, node="store")
    tale.add(TaskLeased, "c", 2, "w", 1, 0, 1, node="queue")
    handed(tale, 2)
    assert said(tale, "only-who-should-is-handed-over") == [
        "b1 was handed over for c 2, which bob had read when w took its task"
    ]


class Hint:
    """A hint to b1 for c, and what becomes of it; each step may be left out, or be another one's."""

    def __init__(self) -> None:
        self.tale = Tale()
        self.taken = self.tale.add(HintTaken, "b1", "c", node="svc")

    def attempt(self) -> int:
        return self.tale.add(NotificationAttempted, "b1", "c", "t1", 1, node="svc")

    def end(self, how: str, ttl: int = 0, t: int | None = None) -> int:
        return self.tale.add(HintEnded, "b1", "c", how, ttl, node="svc", t=t)

    def proofs(self) -> list[tuple[int, ...]]:
        return proofs(self.tale, "hints-end-for-a-reason")


@pytest.mark.parametrize(
    ("kind", "fields", "wrong"),
    [
        (NotificationSent, ("b1", "c", False, "t1"), 0),
        (NotificationDropped, ("b1", "c", "t1"), 0),
        (NotificationSent, ("b2", "c", False, "t1"), 1),
        (NotificationSent, ("b1", "d", False, "t1"), 1),
    ],
)
def test_taken_is_what_the_provider_has_got(kind: Any, fields: tuple[Any, ...], wrong: int) -> None:
    hint = Hint()
    hint.attempt()
    hint.tale.add(kind, *fields, node="apns")
    ended = hint.end("taken")
    assert hint.proofs() == [(hint.taken, ended)] * wrong
    assert times_tested(hint.tale, "hints-end-for-a-reason") == 1


def test_what_the_provider_had_before_is_another_hint() -> None:
    hint = Hint()
    hint.tale.add(NotificationSent, "b1", "c", False, "t1", node="apns")
    hint.attempt()
    ended = hint.end("taken")
    assert hint.proofs() == [(hint.taken, ended)]


@pytest.mark.parametrize("how", ["invalid", "disabled", "too large"])
@pytest.mark.parametrize(("said", "wrong"), [("as it is", 0), ("otherwise", 1), ("before", 1), ("", 1)])
def test_what_the_provider_does_not_take_it_has_refused(how: str, said: str, wrong: int) -> None:
    hint = Hint()
    if said == "before":
        hint.tale.add(NotificationRejected, "b1", "c", "t1", how, node="svc")
    hint.attempt()
    if said in ("as it is", "otherwise"):
        why = how if said == "as it is" else "another"
        hint.tale.add(NotificationRejected, "b1", "c", "t1", why, node="svc")
    ended = hint.end(how)
    assert hint.proofs() == [(hint.taken, ended)] * wrong


def test_a_refusal_of_an_earlier_hint_is_none_of_this_one() -> None:
    hint = Hint()
    hint.attempt()
    hint.tale.add(NotificationRejected, "b1", "c", "t1", "disabled", node="svc")
    hint.end("disabled")
    again = hint.tale.add(HintTaken, "b1", "c", node="svc")
    ended = hint.end("disabled")
    assert hint.proofs() == [(again, ended)]


@pytest.mark.parametrize(("removed", "wrong"), [("b1", 0), ("b2", 1), ("", 1)])
def test_without_a_token_means_that_none_is_kept(removed: str, wrong: int) -> None:
    hint = Hint()
    kept = hint.tale.add(TokenRegistered, "b1", "bob", "t1", node="svc")
    if removed:
        hint.tale.add(TokenRemoved, removed, "t1", "logout", node="svc")
    ended = hint.end("no token")
    assert hint.proofs() == [(hint.taken, kept, ended)] * wrong


@pytest.mark.parametrize(("late", "wrong"), [(0, 0), (-1, 1)])
@pytest.mark.parametrize("off", [0, 2 * SECOND, -2 * SECOND])
def test_expired_is_as_old_as_it_says(late: int, wrong: int, off: int) -> None:
    """... by as much as servers' clocks were off."""
    tale = Tale()
    tale.add(ClockSet, off, 0, node="svc")
    taken = tale.add(HintTaken, "b1", "c", node="svc")
    tale.add(HintTaken, "b1", "c", node="svc")
    due = tale.events[taken].t + 10 * SECOND - abs(off)
    ended = tale.add(HintEnded, "b1", "c", "expired", 10 * SECOND, node="svc", t=due + late)
    assert proofs(tale, "hints-end-for-a-reason") == [(taken, ended)] * wrong


def test_an_age_that_is_not_said_is_not_judged() -> None:
    hint = Hint()
    hint.end("expired")
    hint.end("taken")  # of which nobody knows when it began
    assert hint.proofs() == []
    assert times_tested(hint.tale, "hints-end-for-a-reason") == 1


def test_only_what_expired_has_an_age() -> None:
    hint = Hint()
    hint.tale.add(HintEnded, "b1", "c", "withdrawn", 10 * SECOND, node="svc")
    assert hint.proofs() == []


def test_a_record_may_begin_with_a_hint() -> None:
    judge = Judge()
    judge.advance([HintTaken(1, "svc", -1, "b1", "c"), HintEnded(2, "svc", -1, "b1", "c", "taken")])
    assert [violation.evidence for violation in judge.violations] == [(0, 1)]


# --- what arrives ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("device", "user", "seq", "wrong"),
    [
        ("b1", "bob", 2, 1),
        ("b1", "bob", 0, 0),
        ("b1", "ann", 2, 0),
        ("b1", "bob", 1, 0),
        ("b2", "bob", 2, 0),
        ("z1", "zoe", 2, 0),
    ],
)
def test_what_is_new_is_not_ignored(device: str, user: str, seq: int, wrong: int) -> None:
    """1 is read on the other device, and 2 is on the screen of b2; zoe is no member."""
    tale = Tale()
    commit(tale, 1)
    commit(tale, 2)
    for each in (1, 2):
        tale.add(Shown, "b2", "c", each, f"m{each}", "ann")
    tale.add(ReadMarkMoved, "b2", "c", 1, "b2")
    last = tale.add(NotificationIgnored, device, "c", user, "t1", seq)
    assert proofs(tale, "what-arrives-is-shown") == [(last,)] * wrong


def test_a_mark_does_not_fall_back() -> None:
    tale = Tale()
    for to in (2, 1):
        tale.add(ReadMarkMoved, "b2", "c", to, "b2")
    tale.add(NotificationIgnored, "b1", "c", "bob", "t1", 2)
    assert status(tale, "what-arrives-is-shown") == HOLDS


def test_what_was_there_before_is_read() -> None:
    tale = Tale(head=4)
    tale.add(NotificationIgnored, "b1", "c", "bob", "t1", 4)
    assert status(tale, "what-arrives-is-shown") == HOLDS


def test_who_has_left_may_ignore_it() -> None:
    tale = Tale()
    tale.add(MemberLeft, "c", 1, "bob", "ann", 1, node="store")
    tale.add(NotificationIgnored, "b1", "c", "bob", "t1", 2)
    assert status(tale, "what-arrives-is-shown") == HOLDS


@pytest.mark.parametrize(
    ("token", "conversation", "kind", "wrong"),
    [
        ("t1", "c", NotificationShown, 0),
        ("t1", "c", NotificationIgnored, 0),
        ("t2", "c", NotificationShown, 1),
        ("t1", "d", NotificationShown, 1),
        ("t2", "c", NotificationIgnored, 1),
    ],
)
@pytest.mark.parametrize("by", ["the next one", "the end"])
def test_what_reaches_the_handset_is_shown_or_ignored(
    token: str, conversation: str, kind: Any, wrong: int, by: str
) -> None:
    tale = Tale()
    arrived = tale.add(NotificationDelivered, "b1", "c", "t1", node="apns")
    tale.add(kind, "b1", conversation, "ann", token)
    if by == "the end":
        tale.add(Ended, node="run")
    else:
        tale.add(NotificationDelivered, "b2", "c", "t3", node="apns")
        tale.add(NotificationShown, "b2", "c", "bob", "t3")
        tale.add(Ended, node="run")
    assert proofs(tale, "what-arrives-is-shown") == [(arrived,)] * wrong


# --- who is notified ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seq", "wrong"), [(1, 0), (2, 0), (3, 1), (4, 0)])
def test_a_notification_is_of_what_its_user_may_read(seq: int, wrong: int) -> None:
    tale = Tale()
    left = tale.add(MemberLeft, "c", 2, "bob", "ann", 2, node="store")
    tale.add(MemberJoined, "c", 4, "bob", "ann", 4, node="store")
    last = tale.add(NotificationShown, "b1", "c", "bob", "t1", seq)
    assert proofs(tale, "only-members-are-notified") == [(left, last)] * wrong


class Leaving:
    """Bob has m1 on b1's screen and is removed; Ann writes m2, and b1 is notified of nobody knows what, in a record."""

    def __init__(self, skew: int = 0) -> None:
        self.skew = skew
        self.tale = Tale()

    def send(self, number: int, device: str = "a1") -> None:
        self.tale.add(SendRequested, device, "c", f"s{number}", number)
        self.tale.add(SendAttempted, device, "c", f"s{number}", f"{device}-m{number}", 1)

    def show(self, device: str = "b1", message: str = "a1-m1") -> None:
        self.tale.add(Shown, device, "c", int(message[-1]), message, "ann")

    def leave(self) -> None:
        self.left = self.tale.add(MemberLeft, "c", 0, "bob", "ann", 0)

    def notify(self, device: str = "b1", seq: int = 0) -> None:
        self.last = self.tale.add(NotificationShown, device, "c", "bob", "", seq)

    def violations(self, *, opaque: bool = True) -> list[tuple[int, ...]]:
        judge = Judge(scope=RecordScope(opaque=opaque, skew=self.skew))
        judge.advance(self.tale.events)
        return [v.evidence for v in judge.violations if v.property == "only-members-are-notified"]

    def whole(self, **more: Any) -> list[tuple[int, ...]]:
        self.send(1)
        self.show()
        self.leave()
        self.send(2)
        self.notify(**more)
        return self.violations()


def test_a_notification_of_nothing_that_was_for_the_user_proves_it() -> None:
    leaving = Leaving()
    assert leaving.whole() == [(leaving.left, leaving.last)]


def test_what_was_not_on_the_screen_may_be_what_it_tells_of() -> None:
    """... on another device that has not shown m1; before Bob left; or as nobody has written since, but Bob himself."""
    assert Leaving().whole(device="b2") == []
    late = Leaving()
    late.send(1)
    late.leave()
    late.show()
    late.send(2)
    late.notify()
    assert late.violations() == []
    quiet = Leaving()
    quiet.send(1)
    quiet.show()
    quiet.leave()
    quiet.send(2, "b2")
    quiet.notify()
    quiet.send(2)
    assert quiet.violations() == []


def test_ones_own_messages_tell_one_of_nothing() -> None:
    leaving = Leaving()
    leaving.send(1, "b2")
    assert leaving.whole() == [(leaving.left, leaving.last)]


def test_who_is_back_may_be_notified() -> None:
    back = Leaving()
    back.send(1)
    back.show()
    back.leave()
    back.send(2)
    back.tale.add(MemberJoined, "c", 0, "bob", "ann", 0)
    back.notify()
    assert back.violations() == []


def test_clocks_that_differ_prove_nothing() -> None:
    """Bob left less than the clocks may be apart before the notification, or before Ann wrote."""
    assert Leaving(skew=1_000).whole() == []
    apart = Leaving(skew=5_000)
    apart.send(1)
    apart.show()
    apart.leave()
    apart.send(2)
    apart.tale.now += 60_000
    apart.notify()
    assert apart.violations() == []
    apart = Leaving(skew=5_000)
    apart.send(1)
    apart.show()
    apart.leave()
    apart.tale.now += 60_000
    apart.send(2)
    apart.notify()
    apart.tale.add(Ended, node="run")
    assert apart.violations() == [(apart.left, apart.last)]


def test_a_stranger_is_another_propertys_business() -> None:
    tale = Tale()
    tale.add(NotificationShown, "z1", "c", "zoe", "t1", 1)
    assert status(tale, "only-members-are-notified") == VACUOUS


def test_in_the_same_microsecond_nothing_is_proven() -> None:
    """... neither by what was written as Bob left, nor by what was written as he was notified."""
    for together in ("leaving", "notified"):
        same = Leaving()
        same.send(1)
        same.show()
        same.leave()
        same.tale.tick = 0 if together == "leaving" else 1_000
        same.send(2)
        same.tale.tick = 1_000 if together == "leaving" else 0
        same.notify()
        same.tale.tick = 1_000
        same.send(3)
        assert same.violations() == []


def test_who_left_at_once_has_left() -> None:
    at_once = Leaving()
    at_once.tale.now = at_once.tale.tick = 0
    at_once.send(1)
    at_once.show()
    at_once.leave()
    at_once.tale.tick = 1_000
    at_once.send(2)
    at_once.notify()
    assert at_once.violations() == [(at_once.left, at_once.last)]


def test_seqs_that_are_names_say_nothing_of_who_may_read_them() -> None:
    assert Leaving().whole(device="b2", seq=5) == []
    numbered = Leaving()
    numbered.whole(device="b2")
    assert numbered.violations(opaque=False) == [], "nor does a seq that is not told, where they are numbers"
