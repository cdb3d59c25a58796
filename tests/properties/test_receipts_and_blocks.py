"""Histories of receipts, views and blocks, a condition apart: each promise, where it is kept by a hair and broken by one."""

from __future__ import annotations

import pytest
from judging import judged, said, status
from support import Tale

from model.events import (
    BlockAsked,
    BlockStored,
    Connected,
    ConversationOpened,
    CursorStored,
    DeviceRegistered,
    Disconnected,
    HandedToNotification,
    MemberJoined,
    MemberLeft,
    PageShown,
    Persisted,
    PlaceholderReplaced,
    Pushed,
    ReadByShown,
    ReadMarkMoved,
    ReadStored,
    ReceiptCountsShown,
    ReceiptsShown,
    Shown,
    Slept,
    Viewed,
    Wiped,
)
from properties.base import Liveness
from sim.history import Crashed, Ended, Event, FaultEnded, FaultStarted, Healed
from sim.verdicts import VACUOUS

pytestmark = pytest.mark.requirement("V1", "V3")

SECOND = 1_000_000
IN_TIME, SHOWN, VIEWS, COUNTS = (
    "receipts-come-in-time", "receipts-are-shown", "views-are-followed", "receipt-counts-are-right",
)  # fmt: skip


OVER: dict[type[Event], tuple[object, ...]] = {Slept: ("a1",), Crashed: (1, ""), Wiped: ("a1", 2)}


def owed(tale: Tale, name: str) -> list[str]:
    prop = next(p for p in judged(tale).properties if p.name == name)
    assert isinstance(prop, Liveness)
    found = [debt.message for debt in prop.missing()]
    assert prop.owed() >= bool(found)
    return found


def opened(
    form: str = "per person", live: bool = True, members: tuple[str, ...] = ("ann", "bob"), head: int = 0
) -> Tale:
    """A conversation 'x' beside 'c', with Ann's phone connected for six seconds."""
    tale = Tale()
    tale.add(ConversationOpened, "x", "group", members, head, True, form, live)
    tale.add(Connected, "a1", "gw", 1)
    tale.now += 6 * SECOND
    return tale


def sent(tale: Tale, seq: int, kind: str = "", sender: str = "ann") -> None:
    tale.add(Persisted, "x", seq, f"x{seq}", sender, "a1", 0, kind, node="store")


def has(tale: Tale, device: str, to: int) -> None:
    tale.add(CursorStored, device, "x", to, node="store")


def read(tale: Tale, user: str, to: int) -> None:
    tale.add(ReadStored, user, "x", to, node="store")


def ends(tale: Tale, after: int = 6 * SECOND) -> Tale:
    tale.add(Ended, node="run", t=tale.now + after)
    return tale


# --- in time -------------------------------------------------------------------------------------------------------------


def test_a_receipt_is_late_after_the_bound_and_not_before() -> None:
    tale = opened()
    sent(tale, 1)
    has(tale, "b1", 1)
    due = tale.now
    for after, late in ((5 * SECOND, 0), (5 * SECOND + 1, 1)):
        again = Tale()
        again.events, again.now = list(tale.events), due
        again.add(ReceiptsShown, "a1", "x", 1, 0, 0, t=due + after)
        assert len(said(ends(again), IN_TIME)) == late
    assert said(ends(tale), IN_TIME) == ["a1 shows x delivered to one device up to 0, 5 s after it was 1"]


def test_each_receipt_is_due_by_itself() -> None:
    tale = opened()
    sent(tale, 1)
    has(tale, "b1", 1)
    tale.add(ReceiptsShown, "a1", "x", 1, 0, 0)
    has(tale, "b2", 1)
    tale.add(ReceiptsShown, "a1", "x", 1, 1, 0)
    read(tale, "bob", 1)
    tale.add(ReceiptsShown, "a1", "x", 1, 1, 1)
    assert said(ends(tale), IN_TIME) == ["a1 shows x read by bob up to 0, 5 s after it was 1"]


def test_only_connected_devices_of_the_sender_that_have_been_there_for_a_while_are_asked() -> None:
    for since, late in ((5 * SECOND, 1), (5 * SECOND - 1, 0)):
        tale = Tale()
        tale.add(ConversationOpened, "x", "direct", ("ann", "bob"), 0, True, "pointers", True)
        sent(tale, 1)
        at = tale.add(Connected, "a1", "gw", 1)
        tale.add(CursorStored, "b1", "x", 1, node="store", t=tale.events[at].t + since)
        assert len(said(ends(tale), IN_TIME)) == late


@pytest.mark.parametrize("lost", [Disconnected, Slept, Crashed, Wiped])
def test_who_is_not_there_until_the_end_is_not_asked(lost: type[Event]) -> None:
    fields = dict[type[Event], tuple[object, ...]](
        {Disconnected: ("a1", "gw", 1, "reset"), Slept: ("a1",), Crashed: (1, ""), Wiped: ("a1", 2)}
    )[lost]
    tale = opened()
    sent(tale, 1)
    has(tale, "b1", 1)
    tale.add(lost, *fields, node="a1")
    assert said(ends(tale), IN_TIME) == []


def test_what_nobody_sent_or_a_conversation_that_waits_for_digests_owes_nothing_at_once() -> None:
    tale = opened(live=False)
    sent(tale, 1)
    has(tale, "b1", 1)
    assert status(ends(tale), IN_TIME) == VACUOUS
    tale = opened()
    sent(tale, 1, kind="join")
    sent(tale, 2, sender="bob")
    has(tale, "b1", 2)
    assert said(ends(tale), IN_TIME) == []


@pytest.mark.parametrize(("before", "late"), [(60 * SECOND, 1), (60 * SECOND - 1, 0)])
@pytest.mark.parametrize("end", [FaultEnded, Healed])
def test_a_fault_excuses_for_as_long_as_heartbeats_need(before: int, late: int, end: type[Event]) -> None:
    tale = opened()
    tale.add(FaultStarted, 1, "pause", False, node="faults")
    tale.add(end, *((1, "pause") if end is FaultEnded else (SECOND,)), node="faults")
    over = tale.now
    sent(tale, 1)
    tale.add(CursorStored, "b1", "x", 1, node="store", t=over + before)
    assert len(said(ends(tale), IN_TIME)) == late


def test_a_fault_that_is_on_or_begins_meanwhile_excuses() -> None:
    tale = opened()
    tale.add(FaultStarted, 1, "pause", False, node="faults")
    sent(tale, 1)
    tale.add(CursorStored, "b1", "x", 1, node="store", t=tale.now + 100 * SECOND)
    assert said(ends(tale), IN_TIME) == []
    tale = opened()
    sent(tale, 1)
    has(tale, "b1", 1)
    tale.add(FaultStarted, 1, "pause", False, node="faults")
    tale.add(FaultEnded, 1, "pause", node="faults")
    assert said(ends(tale), IN_TIME) == []
    tale = opened()
    tale.add(Healed, SECOND, node="run")
    sent(tale, 1)
    has(tale, "b1", 1)
    assert len(said(ends(tale), IN_TIME)) == 1, "where there was no fault, nothing is healed"


def test_what_is_due_by_a_join_or_leave_alone_comes_with_the_digest() -> None:
    tale = opened(members=("ann", "bob", "zoe"))
    sent(tale, 1)
    for device in ("b1", "b2"):
        has(tale, device, 1)
    tale.add(ReceiptsShown, "a1", "x", 1, 0, 0)
    sent(tale, 2, kind="leave")
    tale.add(MemberLeft, "x", 2, "zoe", "zoe", 2, node="store")
    assert said(ends(tale), IN_TIME) == []
    assert owed(tale, SHOWN) == ["a1 shows x delivered to all up to 0, and its 1 is"]


@pytest.mark.parametrize("user", ["bob", "ann"])
def test_who_had_left_is_owed_nothing_of_that_time_when_they_are_back(user: str) -> None:
    tale = opened(members=("ann", "bob", "zoe"))
    sent(tale, 1)
    sent(tale, 2, kind="leave")
    tale.add(Connected, "b1", "gw", 1)
    tale.now += 6 * SECOND
    tale.add(MemberLeft, "x", 2, user, "zoe", 2, node="store")
    read(tale, "bob", 1)
    has(tale, "z1", 1)
    tale.now += 6 * SECOND
    sent(tale, 3, kind="join")
    tale.add(MemberJoined, "x", 3, user, "zoe", 3, node="store")
    assert [told for told in said(ends(tale), IN_TIME) if told.startswith(f"{user[0]}1 ")] == []


def test_what_is_due_of_a_member_who_leaves_is_due_no_longer() -> None:
    tale = opened(members=("ann", "bob", "zoe"))
    sent(tale, 1)
    has(tale, "z1", 1)
    sent(tale, 2, kind="leave")
    tale.add(MemberLeft, "x", 2, "zoe", "zoe", 2, node="store")
    assert said(ends(tale), IN_TIME) == []
    tale = opened(members=("ann", "bob", "zoe"))
    sent(tale, 1)
    has(tale, "b1", 1)
    tale.add(MemberLeft, "x", 2, "ann", "ann", 2, node="store")
    assert said(ends(tale), IN_TIME) == [], "nor to a sender who leaves"


def test_who_comes_or_goes_elsewhere_puts_nothing_off() -> None:
    tale = opened(members=("ann", "bob", "zoe"))
    tale.add(ConversationOpened, "y", "group", ("ann", "bob", "zoe"), 0, True, "pointers", True)
    sent(tale, 1)
    has(tale, "b1", 1)
    tale.add(MemberLeft, "y", 1, "zoe", "zoe", 1, node="store")
    assert said(ends(tale), IN_TIME) == ["a1 shows x delivered to one device up to 0, 5 s after it was 1"]


def test_what_was_due_before_is_not_due_anew_with_what_follows() -> None:
    """Disturbed at first: only what becomes due in the calm is asked for in time."""
    tale = opened()
    tale.add(FaultStarted, 1, "pause", False, node="faults")
    sent(tale, 1)
    has(tale, "b1", 1)
    tale.add(FaultEnded, 1, "pause", node="faults")
    tale.add(CursorStored, "b2", "x", 1, node="store", t=tale.now + 60 * SECOND)
    assert said(ends(tale), IN_TIME) == ["a1 shows x delivered to all up to 0, 5 s after it was 1"]


def test_a_sender_who_has_left_is_owed_nothing() -> None:
    tale = opened()
    sent(tale, 1)
    has(tale, "b1", 1)
    assert len(owed(tale, SHOWN)) == 1
    tale.add(MemberLeft, "x", 2, "ann", "ann", 2, node="store")
    assert owed(tale, SHOWN) == []


def test_a_sender_who_has_left_owes_nothing_to_those_who_stay() -> None:
    tale = opened(members=("ann", "bob", "zoe"))
    sent(tale, 1)
    sent(tale, 2, sender="bob")
    has(tale, "z1", 2)
    tale.add(MemberLeft, "x", 3, "ann", "ann", 3, node="store")
    tale.add(ReceiptsShown, "b1", "x", 2, 2, 0)
    assert owed(tale, SHOWN) == ["b2 shows x delivered to all up to 0, and its 2 is"]


def test_the_own_mark_follows_on_the_other_connected_devices() -> None:
    tale = opened()
    tale.add(Connected, "b1", "gw", 1)
    tale.add(Connected, "b2", "gw", 1)
    tale.now += 6 * SECOND
    read(tale, "bob", 1)
    tale.add(ReadMarkMoved, "b1", "x", 1, "this device")
    assert said(ends(tale), IN_TIME) == ["b2 shows x own read mark up to 0, 5 s after it was 1"]


# --- shown in the end ----------------------------------------------------------------------------------------------------


def test_the_newest_own_message_below_the_truth_is_what_is_owed() -> None:
    tale = opened("pointers")
    for seq, sender in ((1, "ann"), (2, "bob"), (3, "ann")):
        sent(tale, seq, sender=sender)
    has(tale, "b1", 2)
    assert owed(tale, SHOWN) == ["a1 shows x delivered to one device up to 0, and its 1 is"]
    tale.add(ReceiptsShown, "a1", "x", 1, 0, 0)
    assert owed(tale, SHOWN) == []
    has(tale, "b1", 3)
    assert owed(tale, SHOWN) == ["a1 shows x delivered to one device up to 1, and its 3 is"]


def test_by_name_only_where_the_conversation_says_so_and_counts_not_at_all() -> None:
    for form, debts in (("per person", 1), ("pointers", 0)):
        tale = opened(form)
        sent(tale, 1)
        read(tale, "bob", 1)
        tale.add(ReceiptsShown, "a1", "x", 0, 0, 1)
        assert len(owed(tale, SHOWN)) == debts
    for form in ("counts", ""):
        tale = opened(form, live=False)
        sent(tale, 1)
        read(tale, "bob", 1)
        assert owed(tale, SHOWN) == []


@pytest.mark.parametrize("over", [Slept, Crashed, Wiped])
def test_what_was_on_the_screen_of_an_app_that_ended_is_owed_again(over: type[Event]) -> None:
    tale = opened()
    sent(tale, 1)
    has(tale, "b1", 1)
    read(tale, "bob", 1)
    tale.add(ReceiptsShown, "a1", "x", 1, 0, 1)
    tale.add(ReadByShown, "a1", "x", "bob", 1)
    assert owed(tale, SHOWN) == []
    tale.add(over, *OVER[over], node="a1")
    tale.add(ReceiptsShown, "a1", "x", 1, 0, 1)
    assert owed(tale, SHOWN) == ["a1 shows x read by bob up to 0, and its 1 is"]


def test_a_wiped_reader_has_nothing_and_who_came_later_owes_nothing_of_before() -> None:
    tale = opened()
    sent(tale, 1)
    has(tale, "b1", 1)
    tale.add(Wiped, "b1", 2)
    assert owed(tale, SHOWN) == []
    tale = opened("pointers")
    sent(tale, 1)
    has(tale, "b1", 1)
    has(tale, "b2", 1)
    tale.add(MemberJoined, "x", 2, "zoe", "ann", 2, node="store")
    assert owed(tale, SHOWN) == ["a1 shows x delivered to all up to 0, and its 1 is"]


# --- views ---------------------------------------------------------------------------------------------------------------


def test_a_view_needs_its_own_mark_the_store_and_then_the_other_devices() -> None:
    tale = Tale()
    tale.add(Viewed, "b1", "c", 1)
    nothing = "bob looked at c up to 1 on b1, which has it read up to 0, and the store up to 0"
    assert owed(tale, VIEWS) == [nothing], "the other device cannot know"
    tale.add(ReadMarkMoved, "b1", "c", 1, "this device")
    assert owed(tale, VIEWS) == [nothing.replace("read up to 0, and", "read up to 1, and")]
    tale.add(ReadStored, "bob", "c", 1, node="store")
    assert owed(tale, VIEWS) == ["bob looked at c up to 1 on b1, and b2 has it read up to 0"]
    tale.add(ReadMarkMoved, "b2", "c", 1, "another device")
    assert owed(tale, VIEWS) == []


def test_a_view_of_what_was_there_before_or_of_a_stranger_is_nothing_new() -> None:
    tale = Tale(head=5)
    tale.add(Viewed, "b1", "c", 5)
    tale.add(Viewed, "z1", "c", 6)
    assert owed(tale, VIEWS) == []
    tale.add(Viewed, "b1", "c", 6)
    assert len(owed(tale, VIEWS)) == 1


@pytest.mark.parametrize("stored", [True, False])
def test_a_view_that_the_store_never_had_goes_with_a_wiped_device(stored: bool) -> None:
    tale = Tale()
    tale.add(Viewed, "b1", "c", 1)
    tale.add(ReadMarkMoved, "b1", "c", 1, "this device")
    if stored:
        tale.add(ReadStored, "bob", "c", 1, node="store")
    tale.add(Wiped, "b1", 2)
    assert bool(owed(tale, VIEWS)) is stored


# --- by name, and as counts ----------------------------------------------------------------------------------------------


def test_read_by_names_another_member_and_no_more_than_the_highest_mark() -> None:
    by = "read-by-is-true"
    tale = Tale(head=5)
    tale.add(ReadByShown, "a1", "c", "bob", 5)
    tale.add(ReadStored, "bob", "c", 7, node="store")
    tale.add(ReadStored, "bob", "c", 6, node="store")
    tale.add(ReadByShown, "a1", "c", "bob", 7)
    tale.add(ReadByShown, "a1", "nowhere", "bob", 7)
    assert said(tale, by) == []
    tale.add(ReadByShown, "b1", "c", "bob", 1)
    tale.add(ReadByShown, "a1", "c", "zoe", 1)
    tale.add(ReadByShown, "a1", "c", "bob", 8)
    assert said(tale, by) == [
        "b1 shows c as read by its own user", "a1 shows c as read by zoe, who is no member",
        "a1 shows c as read by bob up to 8, but it is only 7",
    ]  # fmt: skip


def test_counts_are_of_people_who_may_read_it_and_of_the_newest_message() -> None:
    tale = opened("counts", live=False, members=("ann", "bob"))
    sent(tale, 1)
    has(tale, "a1", 1)
    has(tale, "b1", 1)
    has(tale, "b2", 1)
    read(tale, "ann", 1)
    tale.add(MemberJoined, "x", 2, "zoe", "ann", 2, node="store")
    has(tale, "z1", 2)
    has(tale, "b1", 2)
    assert owed(tale, COUNTS) == ["x 1 went to 1 others and was read by 0; a1 shows (0, 0, 0)"]
    tale.add(ReceiptCountsShown, "a1", "x", 1, 1, 0)
    assert owed(tale, COUNTS) == []
    read(tale, "bob", 1)
    assert owed(tale, COUNTS) == ["x 1 went to 1 others and was read by 1; a1 shows (1, 1, 0)"]
    sent(tale, 3)
    has(tale, "b1", 3)
    assert owed(tale, COUNTS) == ["x 3 went to 1 others and was read by 0; a1 shows (1, 1, 0)"]
    tale.add(ReceiptCountsShown, "a1", "x", 1, 1, 1)
    assert said(tale, COUNTS) == [], "late, and so it was"
    tale.add(ReceiptCountsShown, "a1", "x", 3, 2, 0)
    tale.add(ReceiptCountsShown, "a1", "x", 3, 1, 1)
    tale.add(ReceiptCountsShown, "a1", "x", 2, 0, 0)
    assert said(tale, COUNTS) == [
        "a1 shows x 3 delivered to 2 and read by 0, but it is only 1 and 0",
        "a1 shows x 3 delivered to 1 and read by 1, but it is only 1 and 0",
        "a1 shows x 2 with counts, which ann did not send",
    ]


def test_counts_of_what_was_there_before_and_of_other_forms_are_not_judged() -> None:
    tale = opened("counts", live=False, head=4)
    tale.add(ReceiptCountsShown, "a1", "x", 4, 1, 1)
    tale.add(ReceiptCountsShown, "a1", "c", 1, 9, 9)
    has(tale, "z1", 5)
    assert status(tale, COUNTS) == VACUOUS
    tale.add(ReceiptCountsShown, "a1", "x", 5, 1, 1)
    assert len(said(tale, COUNTS)) == 1


@pytest.mark.parametrize("over", [Slept, Crashed, Wiped])
def test_counts_are_owed_again_to_the_next_app_and_not_to_who_left(over: type[Event]) -> None:
    tale = opened("counts", live=False)
    sent(tale, 1)
    has(tale, "b1", 1)
    tale.add(ReceiptCountsShown, "a1", "x", 1, 1, 0)
    tale.add(over, *OVER[over], node="a1")
    assert len(owed(tale, COUNTS)) == 1
    tale.add(MemberLeft, "x", 2, "ann", "ann", 2, node="store")
    assert owed(tale, COUNTS) == []


# --- blocks --------------------------------------------------------------------------------------------------------------

BLOCKED, KEPT = "blocked-is-not-shown", "blocks-are-kept"


def wish(tale: Tale, on: bool = True, number: int = 1, *conversations: str, device: str = "b1", ask: int = 0) -> None:
    tale.add(BlockStored, "bob", "ann", on, device, ask or number, number, conversations or ("c",), node="store")


def row(tale: Tale, seq: int, kind: str = "", sender: str = "ann") -> None:
    tale.add(Persisted, "c", seq, f"m{seq}", sender, "a1", 0, kind, node="store")


@pytest.mark.parametrize(
    ("kind", "fields", "how"),
    [(Shown, ("ann",), "shows"), (Pushed, (), "is pushed"), (HandedToNotification, (), "is notified of"),
     (PlaceholderReplaced, (), "shows")],
)  # fmt: skip
def test_nothing_of_what_is_hidden_comes_to_a_device_of_who_blocks(
    kind: type[Event], fields: tuple[str, ...], how: str
) -> None:
    tale = Tale()
    wish(tale)
    row(tale, 1)
    special: dict[type[Event], tuple[object, ...]] = {Pushed: (1, 0), HandedToNotification: ()}
    what = special.get(kind, ("m1", *fields))
    for device in ("b1", "a1"):
        tale.add(kind, device, "c", 1, *what)
    assert said(tale, BLOCKED) == [f"b1 {how} c 1, whose sender bob has blocked"]


def test_only_what_people_write_while_they_are_blocked_is_hidden_and_from_members_only() -> None:
    tale = Tale()
    row(tale, 1)
    wish(tale)
    row(tale, 2, "join")
    row(tale, 3, sender="zoe")
    wish(tale, False, 2)
    row(tale, 4)
    wish(tale, True, 3, "elsewhere")
    row(tale, 5)
    for seq in range(1, 6):
        tale.add(Shown, "b1", "c", seq, f"m{seq}", "ann")
    assert said(tale, BLOCKED) == []
    tale.add(MemberLeft, "c", 6, "bob", "bob", 6, node="store")
    wish(tale, True, 4)
    row(tale, 7)
    tale.add(Shown, "b1", "c", 7, "m7", "ann")
    assert said(tale, BLOCKED) == []


def test_what_nobody_had_to_hide_puts_nothing_to_the_test() -> None:
    tale = Tale()
    wish(tale)
    row(tale, 1)
    for device in ("a1", "z1"):
        tale.add(Shown, device, "c", 1, "m1", "ann")
    tale.add(Shown, "b1", "nowhere", 1, "m1", "ann", False, 0, "", False, True)
    tale.add(PageShown, "b1", "nowhere", 2, 1, (1,), ("m1",), ("abc",), 0, "scroll")
    assert status(tale, BLOCKED) == VACUOUS


def test_nobody_hides_what_nobody_has_blocked() -> None:
    tale = Tale()
    row(tale, 1)
    tale.add(Shown, "b1", "c", 1, "m1", "ann", False, 0, "", False, True)
    assert said(tale, BLOCKED) == ["b1 hides c 1, whose sender bob has not blocked"]


@pytest.mark.parametrize(("device", "content", "wrong"), [("b1", "abc", True), ("b1", "", False), ("a1", "abc", False)])
def test_a_page_of_history_shows_no_content_of_what_is_hidden(device: str, content: str, wrong: bool) -> None:
    tale = Tale()
    wish(tale)
    row(tale, 1)
    tale.add(PageShown, device, "c", 2, 1, (1,), ("m1",), (), 0, "scroll")
    assert said(tale, BLOCKED) == [], "contents are not recorded"
    tale.add(PageShown, device, "c", 2, 1, (1,), ("m1",), (content,), 0, "scroll")
    assert bool(said(tale, BLOCKED)) is wrong


def test_a_wish_is_owed_by_each_conversation_until_it_or_a_later_one_is_stored() -> None:
    tale = Tale()
    tale.add(ConversationOpened, "x", "direct", ("ann", "bob"))
    tale.add(BlockAsked, "b1", "ann", True, 1)
    assert len(owed(tale, KEPT)) == 2
    tale.add(BlockAsked, "b1", "ann", False, 2)
    wish(tale, True, 1)
    assert len(owed(tale, KEPT)) == 3, "the later one is in neither, and the first one in one only"
    wish(tale, False, 2, "c", "x")
    assert owed(tale, KEPT) == []
    wish(tale, True, 3, "c", device="b2", ask=1)
    assert owed(tale, KEPT) == ["x has not the newest of what bob asked about ann"]
    wish(tale, True, 3, "x", device="b2", ask=1)
    assert owed(tale, KEPT) == []


def test_a_wish_that_one_conversation_has_may_be_passed_by_a_later_one_of_another_device_in_the_other() -> None:
    for number, asks in ((3, []), (2, []), (1, ["what b1 asked about ann is not stored for x"])):
        tale = Tale()
        tale.add(ConversationOpened, "x", "direct", ("ann", "bob"))
        tale.add(BlockAsked, "b1", "ann", True, 1)
        tale.add(BlockAsked, "b2", "ann", False, 1)
        wish(tale, True, 2, "c", ask=1)
        wish(tale, False, number, "c", "x", device="b2", ask=1)
        assert owed(tale, KEPT) == asks
    tale = Tale()
    tale.add(BlockAsked, "b1", "ann", True, 1)
    wish(tale, False, 2, device="b2", ask=1)
    assert owed(tale, KEPT) == ["what b1 asked about ann is not stored for c"], (
        "nobody knows that it was the earlier one"
    )
    tale = Tale()
    tale.add(ConversationOpened, "x", "direct", ("ann", "bob"))
    tale.add(BlockAsked, "b1", "ann", True, 1)
    wish(tale, True, 1, "c")
    tale.add(BlockAsked, "b1", "ann", False, 2)
    wish(tale, False, 2, "c", "x", device="b2", ask=1)
    assert len(owed(tale, KEPT)) == 2, "what was passed is the wish before"
    tale = Tale()
    tale.add(ConversationOpened, "x", "direct", ("ann", "bob"))
    tale.add(BlockAsked, "b1", "ann", True, 1)
    wish(tale, True, 1, "c")
    tale.add(Wiped, "b1", 2)
    tale.add(BlockAsked, "b1", "ann", False, 1)
    wish(tale, False, 2, "c", "x", device="b2", ask=1)
    assert len(owed(tale, KEPT)) == 2, "what was passed is a wish of the installation before"


def test_of_wishes_with_one_number_all_conversations_have_the_same_devices() -> None:
    for last, lacks in (("b1", "c"), ("b3", "x")):
        tale = Tale()
        tale.add(ConversationOpened, "x", "direct", ("ann", "bob"))
        wish(tale, True, 1, "c", "x", device=last)
        wish(tale, False, 1, "x", device="b2")
        assert owed(tale, KEPT) == [f"{lacks} has not the newest of what bob asked about ann"]
    tale = Tale()
    tale.add(ConversationOpened, "x", "direct", ("ann", "bob"))
    tale.add(BlockAsked, "b1", "ann", True, 1)
    wish(tale, True, 1, "c")
    tale.add(Wiped, "b1", 2)
    tale.add(BlockAsked, "b1", "ann", False, 1)
    wish(tale, True, 1, "x")
    assert owed(tale, KEPT) == ["what b1 asked about ann is not stored for c"], "who counts anew gives a number again"


def test_a_wish_that_was_not_stored_goes_with_a_wiped_device_whose_wishes_begin_anew() -> None:
    tale = Tale()
    tale.add(BlockAsked, "b1", "ann", True, 1)
    tale.add(BlockAsked, "b2", "ann", True, 1)
    tale.add(Wiped, "b1", 2)
    assert owed(tale, KEPT) == ["what b2 asked about ann is not stored for c"]
    wish(tale, device="b2")
    wish(tale)
    tale.add(Wiped, "b1", 3)
    tale.add(BlockAsked, "b1", "ann", False, 1)
    assert owed(tale, KEPT) == ["what b1 asked about ann is not stored for c"]


def test_a_device_that_is_registered_later_counts_too() -> None:
    tale = Tale()
    wish(tale)
    row(tale, 1)
    tale.add(DeviceRegistered, "b3", "bob", "eu", "wifi")
    tale.add(Shown, "b3", "c", 1, "m1", "ann")
    assert said(tale, BLOCKED) == ["b3 shows c 1, whose sender bob has blocked"]
