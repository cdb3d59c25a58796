"""Histories that a checker with one condition flipped would judge otherwise: found by mutating the checkers (`make mutate`).

Each test says what the condition is for. What is counted is asked as a number, what is told is compared word by word.
"""

from __future__ import annotations

import pytest
from support import Tale

from model.events import (
    AcceptSent,
    AppUpdated,
    Connected,
    ConversationOpened,
    CursorMoved,
    CursorStored,
    DeviceRegistered,
    DeviceReturned,
    DeviceStuck,
    Enqueued,
    FanOutChosen,
    FillerPersisted,
    HeadHinted,
    InboxStored,
    MemberJoined,
    MemberLeft,
    Persisted,
    PlaceholderReplaced,
    PresenceShown,
    ReadMarkMoved,
    ReadStored,
    ReceiptsShown,
    RowLost,
    SendAttempted,
    SendRequested,
    Shown,
    StatusStored,
    Stored,
    TaskClosed,
    TokenIssued,
    TokenRegistered,
    UnreadShown,
    Wiped,
)
from properties.access import OPEN, Access
from properties.base import Liveness
from properties.conversation import Log
from properties.judge import Judge
from sim.history import ClockSet, Exhausted, LostForGood
from sim.verdicts import HOLDS, UNKNOWN, VACUOUS

pytestmark = pytest.mark.requirement("V1", "V3")

SHOWS = "every-device-shows-everything"
CURSORS = "device-cursors-reach-the-head"


def commit(tale: Tale, seq: int, kind: str = "", type: str = "", conversation: str = "c", message: str = "") -> int:
    message = message or f"m{seq}"
    tale.add(SendAttempted, "a1", conversation, f"s-{message}", message, 1)
    return tale.add(Persisted, conversation, seq, message, "ann", "a1", 0, kind, "", type, node="store")


def show(tale: Tale, device: str, *seqs: int, placeholder: bool = False) -> None:
    for seq in seqs:
        tale.add(Stored, device, "c", seq, f"m{seq}", "push")
        tale.add(Shown, device, "c", seq, f"m{seq}", "ann", placeholder)


def joins(tale: Tale, seq: int, reads_from: int = 0) -> None:
    commit(tale, seq, "join")
    tale.add(MemberJoined, "c", seq, "zoe", "ann", reads_from or seq, node="store")


def leaves(tale: Tale, seq: int, user: str = "zoe") -> None:
    commit(tale, seq, "leave")
    tale.add(MemberLeft, "c", seq, user, user, seq, node="store")


def judged(tale: Tale) -> Judge:
    judge = Judge()
    judge.advance(tale.events)
    return judge


def debt(tale: Tale, name: str) -> int:
    prop = next(p for p in judged(tale).properties if p.name == name)
    assert isinstance(prop, Liveness)
    return prop.owed()


def said(tale: Tale, name: str) -> list[str]:
    return [v.message for v in judged(tale).violations if v.property == name]


def status(tale: Tale, name: str) -> str:
    return next(v.status for v in judged(tale).verdicts() if v.property == name)


# --- what is owed is a number --------------------------------------------------------------------------------------


def test_who_joins_owes_the_row_of_the_join_at_once() -> None:
    tale = Tale()
    commit(tale, 1)
    joins(tale, 2)
    assert debt(tale, SHOWS) == 3 * 2 + 1
    assert debt(tale, CURSORS) == 3 * 2 + 2
    commit(tale, 3)
    assert debt(tale, CURSORS) == 4 * 3


def test_who_comes_back_and_is_granted_the_past_owes_only_what_was_not_shown() -> None:
    tale = Tale()
    joins(tale, 1)
    show(tale, "z1", 1)
    leaves(tale, 2)
    show(tale, "z1", 2)
    before = debt(tale, SHOWS)
    joins(tale, 3, reads_from=1)
    assert debt(tale, SHOWS) == before + 3 + 1


def test_a_cursor_ahead_in_one_conversation_owes_the_same_in_another() -> None:
    tale = Tale()
    tale.add(ConversationOpened, "d", "direct", ("ann", "bob"), 0)
    tale.add(CursorMoved, "a1", "c", 3)
    commit(tale, 1, conversation="d")
    assert debt(tale, CURSORS) == 3


def test_a_message_without_inbox_rows_owes_none() -> None:
    tale = Tale()
    commit(tale, 1)
    tale.add(FanOutChosen, "c", 1, "hybrid", False, 2, node="store")
    assert debt(tale, "inbox-is-complete") == 0


def test_who_leaves_after_a_message_is_still_owed_its_inbox_row() -> None:
    tale = Tale()
    commit(tale, 1)
    tale.add(FanOutChosen, "c", 1, "hybrid", True, 2, node="store")
    leaves(tale, 2, "bob")
    prop = next(p for p in judged(tale).properties if p.name == "inbox-is-complete")
    assert isinstance(prop, Liveness)
    assert [owed.message.split()[-1] for owed in prop.missing()] == ["ann", "bob"]


def test_a_conversation_that_nobody_opened_is_judged_by_none() -> None:
    tale = Tale()
    commit(tale, 1, conversation="x")
    tale.add(AcceptSent, "x", 1, "m1", "a1", node="svc")
    tale.add(FanOutChosen, "x", 1, "hybrid", True, 2, node="store")
    tale.add(Enqueued, "x", 1, "service", node="queue")
    tale.add(MemberJoined, "x", 1, "zoe", "ann", 1, node="store")
    tale.add(MemberLeft, "x", 2, "zoe", "ann", 2, node="store")
    tale.add(DeviceReturned, "b1", "x", node="store")
    tale.add(ReadStored, "bob", "x", 0, node="store")
    tale.add(ReceiptsShown, "a1", "x", 1, 1, 1)
    tale.add(TaskClosed, "x", 1, "w1", node="queue")
    own = {"closed-when-done", "seq-is-unique", "shown-in-order"}
    assert not own & {v.property for v in judged(tale).violations}


def test_a_loss_that_excuses_one_device_leaves_the_others_unsettled() -> None:
    tale = Tale()
    commit(tale, 1)
    tale.add(LostForGood, node="b2")
    judge = judged(tale)
    assert not judge.settled()
    assert next(v.status for v in judge.verdicts() if v.property == SHOWS) == UNKNOWN


def test_a_member_is_who_joined_and_has_not_left() -> None:
    access = Access("zoe")
    assert not access.member
    access.joined(1, 1)
    assert access.member
    access.left(2)
    assert not access.member


def test_what_is_for_nobody_ends_where_the_span_before_it_does() -> None:
    access = Access("zoe")
    assert access.up_to(7) == 7, "before all spans"
    access.joined(1, 1)
    access.left(3)
    assert [access.up_to(seq) for seq in (2, 3, 4)] == [2, 3, 3]
    access.joined(8, 8)
    assert [access.up_to(seq) for seq in (3, 4, 7, 8, 9)] == [3, 3, 3, 8, 9]


def test_seqs_at_which_there_may_be_something_are_few_where_there_are_few_rows() -> None:
    log = Log(ConversationOpened(0, "c", -1, "c", "direct", ("ann",), 2))
    for seq in (3, 4, 9):
        log.commit(seq, f"m{seq}", seq)
    assert sorted(log.seqs(2, 4)) == [2, 3, 4]
    assert sorted(log.seqs(3, 9)) == [3, 4, 9]
    assert sorted(log.seqs(2, OPEN)) == [2, 3, 4, 9]


def test_a_cursor_that_goes_back_is_proved_by_the_first_that_went_further() -> None:
    tale = Tale()
    first = tale.add(CursorMoved, "b1", "c", 2)
    tale.add(CursorMoved, "b1", "c", 2)
    last = tale.add(CursorMoved, "b1", "c", 1)
    found = [v for v in judged(tale).violations if v.property == "device-cursor-is-monotone"]
    assert [v.evidence for v in found] == [(first, last)]


# --- durability, sequencing, membership, screen: what is told ------------------------------------------------------


def test_an_accept_without_a_place_says_nothing_of_places() -> None:
    tale = Tale()
    commit(tale, 1)
    tale.add(AcceptSent, "c", 0, "m1", "a1", node="svc")
    assert status(tale, "accepted-place-is-true") == VACUOUS


def test_a_wrong_place_is_told_with_what_is_there() -> None:
    tale = Tale()
    row = commit(tale, 1)
    told = tale.add(AcceptSent, "c", 1, "m9", "a1", node="svc")
    tale.add(AcceptSent, "c", 2, "m1", "a1", node="svc")
    found = [v for v in judged(tale).violations if v.property == "accepted-place-is-true"]
    assert found[0].message == "m9 was accepted as c 1, but m1 is there"
    assert found[0].evidence == (row, told)
    assert found[1].message == "m1 was accepted as c 2, but nothing is there"


def test_what_was_there_before_the_history_is_taken_and_a_filler_is_called_one() -> None:
    tale = Tale(head=5)
    commit(tale, 5)
    assert said(tale, "seq-is-unique") == ["c 5 was given to m5 and to m5"]
    tale = Tale()
    commit(tale, 1)
    tale.add(FillerPersisted, "c", 1, 0, node="store")
    assert said(tale, "seq-is-unique") == ["c 1 was given to m1 and to a filler"]
    commit(tale, 1, message="m9")
    assert said(tale, "seq-is-unique")[1] == "c 1 was given to m1 and to m9"


def test_a_hole_is_told_with_what_was_there_before() -> None:
    tale = Tale(head=5)
    commit(tale, 7)
    assert said(tale, "seq-has-no-hole") == ["c 7 was committed when there were 0 rows after the first 5"]
    tale = Tale()
    commit(tale, 2)
    assert said(tale, "seq-has-no-hole") == ["c 2 was committed when there were 0 rows"]


def test_the_same_send_twice_is_no_matter_of_order() -> None:
    tale = Tale()
    tale.add(SendRequested, "a1", "c", "s-m1", 1)
    commit(tale, 1, message="m1")
    commit(tale, 2, message="m1")
    assert status(tale, "senders-order-is-kept") == HOLDS


def test_a_membership_that_does_not_take_turns_is_told_as_what_it_was() -> None:
    tale = Tale()
    tale.add(MemberJoined, "c", 1, "ann", "bob", 1, node="store")
    tale.add(MemberLeft, "c", 2, "zoe", "bob", 2, node="store")
    assert said(tale, "membership-takes-turns") == [
        "ann joined c at 1, being a member",
        "zoe left c at 2, being no member",
    ]


@pytest.mark.parametrize(("seq", "verb"), [(1, "went back to"), (2, "went back to"), (4, "skipped to")])
def test_whoever_leaves_the_order_went_back_or_skipped(seq: int, verb: str) -> None:
    tale = Tale()
    for row in (1, 2, 3, 4):
        commit(tale, row)
    show(tale, "b1", 1, 2, seq)
    assert said(tale, "shown-in-order") == [f"b1 {verb} c {seq} after 2"]


def test_a_lost_row_is_proved_by_its_commit() -> None:
    tale = Tale()
    row = commit(tale, 1)
    lost = tale.add(RowLost, "c", 1, "m1", node="store-1.1")
    found = [v for v in judged(tale).violations if v.property == "committed-rows-stay"]
    assert found[0].evidence == (row, lost)


def test_the_first_event_of_a_history_can_be_evidence() -> None:
    tale = Tale()
    tale.events = [Exhausted(1, "run", -1, "time stood still")]
    assert [v.evidence for v in judged(tale).violations] == [(0,)]


def test_what_was_lost_and_whose_device_it_was_is_told() -> None:
    tale = Tale()
    tale.add(FillerPersisted, "c", 1, 0, node="store")
    tale.add(RowLost, "c", 1, "", node="s1")
    tale.add(RowLost, "c", 2, "m2", node="s1")
    assert said(tale, "committed-rows-stay") == [
        "c 1 (a filler) was committed, and s1 gave it up",
        "c 2 (m2) was committed, and s1 gave it up",
    ]
    tale = Tale()
    tale.add(Persisted, "c", 1, "m1", "ann", "b1", node="store")
    tale.add(Persisted, "c", 2, "m2", "ann", "x1", node="store")
    assert said(tale, "sender-is-authentic") == [
        "m1 is stored as ann's, but b1 is a device of bob",
        "m2 is stored as ann's, but x1 is nobody's device",
    ]


@pytest.mark.parametrize(("shown", "so"), [("online", False), ("offline", True)])
def test_as_what_somebody_is_shown_is_told(shown: str, so: bool) -> None:
    tale = Tale()
    tale.add(ConversationOpened, "d", "direct", ("ann", "bob"), 0, True)
    tale.add(PresenceShown, "b1", "ann", not so)
    if so:
        tale.add(Connected, "a1", "g", 1)
    prop = next(p for p in judged(tale).properties if p.name == "presence-converges")
    assert isinstance(prop, Liveness)
    assert f"b1 shows ann as {shown}, who is not" in [owed.message for owed in prop.missing()]


def test_a_skip_is_proved_by_where_the_device_was_first() -> None:
    tale = Tale()
    for row in (1, 2, 3, 4):
        commit(tale, row)
    show(tale, "b1", 1)
    first = len(tale.events) + 1
    show(tale, "b1", 2, 2, 4)
    found = [v for v in judged(tale).violations if v.property == "shown-in-order"]
    assert [v.evidence[0] for v in found] == [first, first]


def test_a_task_that_was_closed_too_early_is_proved_by_the_commit() -> None:
    tale = Tale()
    row = commit(tale, 1)
    tale.add(Enqueued, "c", 1, "service", node="queue")
    closed = tale.add(TaskClosed, "c", 1, "w1", node="queue")
    assert [v.evidence for v in judged(tale).violations if v.property == "closed-when-done"] == [(row, closed)] * 2


# --- queue ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seq", "closed"), [(1, 0), (2, 1)])
def test_a_task_is_not_for_whom_a_later_join_let_read_it(seq: int, closed: int) -> None:
    """Zoe joins with 2 and may read all there is: that she gets 1 is for her first sync to see to."""
    tale = Tale()
    commit(tale, 1)
    commit(tale, 2)
    tale.add(DeviceRegistered, "z1", "zoe", "eu", "wifi", "1", ("*",))
    tale.add(MemberJoined, "c", 2, "zoe", "ann", 1, node="store")
    for device in ("b1", "b2"):
        tale.add(Stored, device, "c", 1, "m1", "push")
        tale.add(Stored, device, "c", 2, "m2", "push")
    tale.add(TaskClosed, "c", seq, "w1", node="queue")
    assert len(said(tale, "closed-when-done")) == closed


@pytest.mark.parametrize(("seq", "closed"), [(1, 2), (2, 2), (3, 0), (4, 2)])
def test_a_task_is_for_whoever_was_a_member_at_its_place_be_it_an_earlier_time(seq: int, closed: int) -> None:
    """Bob was there for 1 and 2, missed 3, and is back with 4, which lets him read 3 as well."""
    tale = Tale()
    for number in (1, 2, 3, 4):
        commit(tale, number)
    tale.add(MemberLeft, "c", 2, "bob", "bob", 2, node="store")
    tale.add(MemberJoined, "c", 4, "bob", "ann", 1, node="store")
    tale.add(TaskClosed, "c", seq, "w1", node="queue")
    assert len(said(tale, "closed-when-done")) == closed


@pytest.mark.parametrize(
    ("strategy", "hint", "closed"), [("read", 2, 0), ("read", 1, 2), ("read", 0, 2), ("hybrid", 2, 2)]
)
def test_a_hint_is_enough_where_devices_fetch(strategy: str, hint: int, closed: int) -> None:
    """Message 2 is fanned out on read, and both of Bob's devices are told of a head."""
    tale = Tale()
    commit(tale, 1)
    commit(tale, 2)
    tale.add(FanOutChosen, "c", 2, strategy, False, 2, node="store")
    for device in ("b1", "b2") if hint else ():
        tale.add(HeadHinted, device, "c", hint, node="w1")
    tale.add(TaskClosed, "c", 2, "w1", node="queue")
    assert len(said(tale, "closed-when-done")) == closed


@pytest.mark.parametrize(("mark", "closed"), [(0, 2), (1, 2), (2, 0), (3, 0)])
def test_a_task_is_done_for_who_has_read_up_to_it(mark: int, closed: int) -> None:
    tale = Tale()
    commit(tale, 1)
    commit(tale, 2)
    tale.add(ReadStored, "bob", "c", mark, node="store")
    tale.add(TaskClosed, "c", 2, "w1", node="queue")
    assert len(said(tale, "closed-when-done")) == closed


@pytest.mark.parametrize(("strategy", "user", "closed"), [("write", "", 0), ("write", "bob", 2), ("hybrid", "", 2)])
def test_a_task_for_each_recipient_is_enough_where_messages_are_written(strategy: str, user: str, closed: int) -> None:
    """... for the task that is for everybody, not for the recipient's own."""
    tale = Tale()
    commit(tale, 1)
    tale.add(FanOutChosen, "c", 1, strategy, True, 2, node="store")
    tale.add(Enqueued, "c", 1, "fan-out", 2, "bob", node="queue")
    tale.add(TaskClosed, "c", 1, "w1", 2 if user else 0, user, node="queue")
    assert len(said(tale, "closed-when-done")) == closed


# --- receipts, badges, marks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("stuck", [True, False])
def test_a_stuck_device_is_excused_for_what_came_while_it_was_stuck(stuck: bool) -> None:
    """b2 lacks 1 and 2. It was stuck until 1 was there; or it never was, and is only said to have returned."""
    tale = Tale()
    if stuck:
        tale.add(DeviceStuck, "b2", "c", 0, node="store")
    commit(tale, 1)
    tale.add(DeviceReturned, "b2", "c", node="store")
    commit(tale, 2)
    show(tale, "b1", 1, 2)
    tale.add(ReceiptsShown, "a1", "c", 2, 1, 0)
    assert said(tale, "receipts-are-true") == ([] if stuck else ["a1 shows c up to 1 to all, but it is only 0"])
    tale.add(ReceiptsShown, "a1", "c", 2, 2, 0)
    assert said(tale, "receipts-are-true")[-1] == f"a1 shows c up to 2 to all, but it is only {int(stuck)}"


def test_receipts_are_true_at_once_or_as_of_when_they_were_claimed() -> None:
    """All three claims of the first; then what nobody claimed while it was so is not so with one device more."""
    tale = Tale()
    commit(tale, 1)
    show(tale, "b1", 1)
    show(tale, "b2", 1)
    tale.add(ReadStored, "bob", "c", 1, node="store")
    tale.add(ReceiptsShown, "a1", "c", 1, 1, 1)
    assert said(tale, "receipts-are-true") == []
    tale = Tale()
    commit(tale, 1)
    show(tale, "b1", 1)
    tale.add(ReceiptsShown, "a1", "c", 1, 0, 0)
    show(tale, "b2", 1)
    tale.add(ReceiptsShown, "a1", "c", 0, 0, 0)
    tale.add(DeviceRegistered, "b3", "bob", "eu", "wifi")
    tale.add(ReceiptsShown, "a1", "c", 1, 1, 0)
    assert said(tale, "receipts-are-true") == ["a1 shows c up to 1 to all, but it is only 0"]


def test_a_badge_counts_neither_ones_own_nor_joins_nor_what_was_read_before_it_came() -> None:
    tale = Tale()
    commit(tale, 1)
    show(tale, "a1", 1)
    tale.add(UnreadShown, "a1", "c", 0)
    tale.add(ReadMarkMoved, "b1", "c", 1, "b2")
    show(tale, "b1", 1)
    tale.add(UnreadShown, "b1", "c", 0)
    joins(tale, 2)
    show(tale, "b1", 2)
    tale.add(UnreadShown, "b1", "c", 0)
    assert said(tale, "badges-follow-the-screen") == []


def test_what_was_read_before_it_was_committed_is_not_unread() -> None:
    tale = Tale()
    tale.add(ReadStored, "bob", "c", 1, node="store")
    commit(tale, 1)
    assert debt(tale, "badges-are-right") == 0


def test_a_conversation_that_was_left_has_no_badge_and_counts_anew_from_the_return() -> None:
    tale = Tale()
    commit(tale, 1)
    for device in ("b1", "b2"):
        tale.add(UnreadShown, device, "c", 1)
    assert debt(tale, "badges-are-right") == 0
    leaves(tale, 2, "bob")
    assert debt(tale, "badges-are-right") == 2
    for device in ("b1", "b2"):
        tale.add(UnreadShown, device, "c", 0)
    assert debt(tale, "badges-are-right") == 0
    commit(tale, 3, "join")
    tale.add(MemberJoined, "c", 3, "bob", "ann", 3, node="store")
    commit(tale, 4)
    assert debt(tale, "badges-are-right") == 2
    tale.add(ReadStored, "bob", "c", 4, node="store")
    assert debt(tale, "badges-are-right") == 0


def test_who_comes_later_begins_with_no_mark_and_owes_nothing_that_was_there_before() -> None:
    tale = Tale(head=5)
    before = debt(tale, SHOWS)
    joins(tale, 6, reads_from=1)
    assert debt(tale, SHOWS) == before + 3 + 1
    tale.add(ReadStored, "zoe", "c", 6, node="store")
    prop = next(p for p in judged(tale).properties if p.name == "read-marks-converge")
    assert isinstance(prop, Liveness)
    assert [owed.message for owed in prop.missing()] == ["z1 has c read up to 0, the store up to 6"]


def test_a_device_begins_with_the_mark_of_what_was_there_and_a_wiped_one_with_none() -> None:
    tale = Tale(head=5)
    commit(tale, 6)
    tale.add(ReadStored, "bob", "c", 6, node="store")
    tale.add(ReadMarkMoved, "b1", "c", 6, "this device")
    prop = next(p for p in judged(tale).properties if p.name == "read-marks-converge")
    assert isinstance(prop, Liveness)
    assert [owed.message for owed in prop.missing()] == ["b2 has c read up to 5, the store up to 6"]
    tale = Tale(head=5)
    tale.add(Wiped, "b1", 2)
    assert debt(tale, "read-marks-converge") == 1


# --- upkeep --------------------------------------------------------------------------------------------------------


def acked(tale: Tale, device: str, to: int, installation: int = 1) -> None:
    tale.add(Stored, device, "c", to, f"m{to}", "push")
    tale.add(CursorStored, device, "c", to, installation, node="store")


def test_a_device_is_stuck_after_exactly_the_limit() -> None:
    for early in (0, 1):
        tale = Tale()
        commit(tale, 1)
        tale.add(DeviceStuck, "b1", "c", 1_000_000, node="store", t=tale.now + 1_000_000 - early)
        assert len(said(tale, "stuck-is-silent")) == early


def test_a_store_whose_clock_gains_counts_the_limit_by_it() -> None:
    for rate, node, after, early in (
        (100_000, "store", 909_091, 0),
        (100_000, "store", 909_090, 1),
        (-100_000, "store", 1_000_000, 0),
        (100_000, "store-2", 909_091, 1),
    ):
        tale = Tale()
        tale.add(ClockSet, 0, rate, node=node)
        commit(tale, 1)
        tale.add(ClockSet, 0, 0, node=node, t=tale.now)
        tale.add(DeviceStuck, "b1", "c", 1_000_000, node="store", t=tale.now + after)
        assert len(said(tale, "stuck-is-silent")) == early


def test_a_device_at_the_head_is_not_stuck_however_long_it_is_silent() -> None:
    tale = Tale()
    commit(tale, 1)
    acked(tale, "b1", 1)
    tale.add(DeviceStuck, "b1", "c", 1_000_000, node="store", t=tale.now + 5_000_000)
    assert said(tale, "stuck-is-silent") == ["b1 is reported as stuck in c, but lacks nothing"]


def test_a_wiped_device_is_taken_for_what_the_store_knows_until_it_acks() -> None:
    tale = Tale()
    commit(tale, 1)
    acked(tale, "b1", 1)
    tale.add(Wiped, "b1", 2)
    tale.add(DeviceStuck, "b1", "c", 1_000_000, node="store", t=tale.now + 5_000_000)
    assert said(tale, "stuck-is-silent") == ["b1 is reported as stuck in c, but lacks nothing"]


def test_status_rows_are_owed_from_the_first_one_on_in_that_conversation() -> None:
    tale = Tale()
    tale.add(ConversationOpened, "d", "direct", ("ann", "bob"), 0)
    commit(tale, 1)
    acked(tale, "a1", 1)
    acked(tale, "b1", 1)
    for device in ("a1", "b1"):
        tale.add(CursorStored, device, "d", 1, node="store")
    assert debt(tale, "statuses-agree") == 0
    tale.add(StatusStored, "c", "a1", "delivered", 1, 1, node="store")
    assert debt(tale, "statuses-agree") == 1


def test_who_joined_late_needs_no_status_of_what_was_before() -> None:
    tale = Tale()
    commit(tale, 1)
    joins(tale, 2)
    acked(tale, "z1", 2)
    tale.add(StatusStored, "c", "z1", "delivered", 2, 2, node="store")
    assert debt(tale, "statuses-agree") == 0


@pytest.mark.parametrize(("mark", "owed"), [(3, 0), (4, 1)])
def test_a_mark_where_the_user_was_away_needs_no_status_there(mark: int, owed: int) -> None:
    """Bob may read 1, leaves with 2, and is back with 4: there is nothing of his at 3."""
    tale = Tale()
    for seq in (1, 2, 3, 4):
        commit(tale, seq)
        if seq == 2:
            tale.add(MemberLeft, "c", 2, "bob", "bob", 2, node="store")
    tale.add(MemberJoined, "c", 4, "bob", "ann", 4, node="store")
    tale.add(StatusStored, "c", "bob", "read", 1, 2, node="store")
    tale.add(ReadStored, "bob", "c", mark, node="store")
    assert debt(tale, "statuses-agree") == owed
    tale.add(StatusStored, "c", "bob", "read", 4, 4, node="store")
    tale.add(ReadStored, "bob", "c", 4, node="store")
    assert debt(tale, "statuses-agree") == 0, "the rows go on after his absence"


def test_a_cursor_without_its_status_is_proved_by_the_first_event_that_says_so() -> None:
    tale = Tale()
    commit(tale, 1)
    commit(tale, 2)
    acked(tale, "b1", 1)
    first = tale.add(CursorStored, "b1", "c", 2, node="store")
    tale.add(CursorStored, "b1", "c", 2, node="store")
    tale.add(StatusStored, "c", "b1", "delivered", 1, 1, node="store")
    prop = next(p for p in judged(tale).properties if p.name == "statuses-agree")
    assert isinstance(prop, Liveness)
    told = "c is delivered for b1 up to 2, but has its status rows only up to 1"
    assert [(owed.message, owed.evidence) for owed in prop.missing()] == [(told, (first,))]


def test_status_rows_that_nothing_bears_out_owe_nothing_whatever_comes_after_them() -> None:
    """The conversation's past is learned after its first status row: that is a phantom, and no debt without a cursor."""
    tale = Tale()
    for status in (1, 2):
        tale.add(StatusStored, "d", "b1", "delivered", status, status, node="store")
        if status == 1:
            tale.add(ConversationOpened, "d", "direct", ("ann", "bob"), 5)
    assert said(tale, "statuses-agree") == [
        "d 1 is stored as delivered for b1, but that is so only up to 0",
    ]
    assert debt(tale, "statuses-agree") == 0


def test_status_rows_go_on_where_there_were_some_and_not_behind_a_hole() -> None:
    """1, then 3 (2 has none), then 2 and 3, then 2 again; the past of a conversation needs none."""
    for base in (0, 5):
        tale = Tale(head=base)
        for seq in (1, 2, 3):
            commit(tale, base + seq)
            acked(tale, "b1", base + seq)
        owed = []
        for first, last in ((1, 1), (3, 3), (2, 3), (2, 2)):
            tale.add(StatusStored, "c", "b1", "delivered", base + first, base + last, node="store")
            owed.append(debt(tale, "statuses-agree"))
        assert owed == [1, 1, 0, 0]


@pytest.mark.parametrize("kept", ["", "t1"])
def test_a_token_that_the_service_does_not_know_is_told_with_what_it_has_instead(kept: str) -> None:
    tale = Tale()
    if kept:
        tale.add(TokenRegistered, "b1", "bob", kept, node="svc")
    tale.add(TokenIssued, "b1", "t2")
    prop = next(p for p in judged(tale).properties if p.name == "tokens-converge")
    assert isinstance(prop, Liveness)
    instead = "but t1" if kept else "and none at all"
    assert [owed.message for owed in prop.missing()] == [
        f"b1 has the push token t2, which the service does not know, {instead}"
    ]


# --- compatibility -------------------------------------------------------------------------------------------------

TYPES = "unknown-types-are-placeholders"
PASSED = "unknown-types-stop-nobody"


def test_text_is_known_to_every_app() -> None:
    tale = Tale()
    tale.add(AppUpdated, "b2", "1.0", ("sticker",))
    commit(tale, 1)
    show(tale, "b2", 1)
    assert debt(tale, PASSED) == 0
    assert status(tale, TYPES) == VACUOUS
    commit(tale, 2)
    show(tale, "b2", 2, placeholder=True)
    assert said(tale, TYPES) == ["b2 showed a placeholder for c 2, a text, which it knows"]


def test_content_of_an_unknown_type_is_seen() -> None:
    tale = Tale()
    tale.add(AppUpdated, "b2", "1.0", ("sticker",))
    commit(tale, 1, type="poll")
    show(tale, "b2", 1)
    assert said(tale, TYPES) == ["b2 showed content for c 1, a poll, which it does not know"]


def test_a_second_row_at_a_seq_is_nothing_to_pass() -> None:
    tale = Tale()
    tale.add(AppUpdated, "b2", "1.0", ("sticker",))
    commit(tale, 1)
    commit(tale, 1, type="poll", message="m9")
    assert debt(tale, PASSED) == 0


def test_an_update_makes_the_placeholders_of_that_device_due_until_they_are_replaced() -> None:
    tale = Tale()
    for device in ("b1", "b2"):
        tale.add(AppUpdated, device, "1.0", ("sticker",))
    commit(tale, 1, type="poll")
    for device in ("b1", "b2"):
        show(tale, device, 1, placeholder=True)
        tale.add(CursorStored, device, "c", 1, node="store")
    assert debt(tale, PASSED) == 0
    tale.add(AppUpdated, "b2", "2.0", ("*",))
    assert debt(tale, PASSED) == 1
    tale.add(PlaceholderReplaced, "b2", "c", 1, "m1")
    assert debt(tale, PASSED) == 0


def test_a_wiped_device_that_knows_the_type_owes_no_placeholder() -> None:
    tale = Tale()
    commit(tale, 1, type="poll")
    show(tale, "b1", 1)
    tale.add(Wiped, "b1", 2)
    assert debt(tale, PASSED) == 0


def test_what_was_acked_before_it_was_committed_is_passed() -> None:
    tale = Tale()
    tale.add(AppUpdated, "b2", "1.0", ("sticker",))
    tale.add(CursorStored, "b2", "c", 1, node="store")
    commit(tale, 1, type="poll")
    show(tale, "b2", 1, placeholder=True)
    assert debt(tale, PASSED) == 0


def test_an_update_that_does_not_know_the_type_either_leaves_the_placeholder() -> None:
    tale = Tale()
    tale.add(AppUpdated, "b2", "1.0", ("sticker",))
    commit(tale, 1, type="poll")
    show(tale, "b2", 1, placeholder=True)
    tale.add(CursorStored, "b2", "c", 1, node="store")
    tale.add(AppUpdated, "b2", "1.1", ("sticker", "gif"))
    assert debt(tale, PASSED) == 0


def test_who_leaves_is_owed_the_inbox_row_of_the_leave() -> None:
    tale = Tale()
    commit(tale, 1, "leave")
    tale.add(FanOutChosen, "c", 1, "hybrid", True, 2, node="store")
    tale.add(MemberLeft, "c", 1, "bob", "bob", 1, node="store")
    tale.add(InboxStored, "ann", "c", 1, node="store")
    assert debt(tale, "inbox-is-complete") == 1
