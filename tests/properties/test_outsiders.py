"""Who is not in a conversation, what is marked as read, what a badge can say: what clients alone prove, and what they don't.

Requirements: V1, V3.
"""

from __future__ import annotations

from typing import Any

import pytest
from client_cases import accept, send, show
from support import Tale

from model.events import (
    DeviceRegistered,
    HandedToNotification,
    MemberJoined,
    MemberLeft,
    Persisted,
    ReadMarkMoved,
    SendAccepted,
    SendAttempted,
    SendRequested,
    Shown,
    TaskClosed,
    UnreadShown,
    Wiped,
)
from properties.judge import Judge
from properties.record_scope import RecordScope
from sim.history import Ended

pytestmark = pytest.mark.requirement("P9", "P10", "P13", "V1", "V3")

SHOWN = "nothing-new-after-leaving"
ACCEPTED = "only-members-are-accepted"
READ = "read-marks-name-what-was-shown"
BADGES = "badges-are-possible"
SKEW = 50_000


def said(tale: Tale, property: str, **scope: Any) -> list[tuple[str, tuple[int, ...]]]:
    judge = Judge(scope=RecordScope(**scope))
    judge.advance(tale.events)
    return [(violation.message, violation.evidence) for violation in judge.violations if violation.property == property]


def times_tested(tale: Tale, property: str, **scope: Any) -> int:
    judge = Judge(scope=RecordScope(**scope))
    judge.advance(tale.events)
    return next(verdict.tested for verdict in judge.verdicts() if verdict.property == property)


def end(tale: Tale) -> None:
    tale.add(Ended, node="run", t=tale.now)


def zoe_joins(tale: Tale, t: int | None = None) -> int:
    return tale.add(MemberJoined, "c", 4, "zoe", "ann", 1, node="store", t=t)


def bob_leaves(tale: Tale, t: int | None = None) -> int:
    return tale.add(MemberLeft, "c", 2, "bob", "ann", 2, node="store", t=t)


def bob_is_back(tale: Tale, t: int | None = None) -> int:
    return tale.add(MemberJoined, "c", 5, "bob", "ann", 1, node="store", t=t)


# --- shown to somebody outside -------------------------------------------------------------------------------------------


def test_who_never_was_a_member_is_shown_nothing() -> None:
    tale = Tale()
    send(tale, 1)
    show(tale, "a1", "m1")
    assert said(tale, SHOWN) == []
    show(tale, "z1", "m1")
    requested, shown = len(tale.events) - 4, len(tale.events) - 1
    assert said(tale, SHOWN) == [("z1 showed m1 of c, in which zoe had never been", (requested, shown))]
    assert times_tested(tale, SHOWN) == 2


def test_who_joins_may_be_shown_what_is_older() -> None:
    tale = Tale()
    send(tale, 1)
    zoe_joins(tale)
    show(tale, "z1", "m1")
    tale.add(MemberLeft, "c", 6, "zoe", "ann", 6, node="store")
    show(tale, "z1", "m1")
    assert said(tale, SHOWN) == []


def test_of_what_nobody_is_known_to_have_sent_nothing_is_known() -> None:
    tale = Tale()
    show(tale, "z1", "m1")
    assert said(tale, SHOWN) == []
    assert times_tested(tale, SHOWN) == 0


def test_whose_device_it_is_may_be_unknown() -> None:
    """And so whether a member saw what it shows."""
    tale = Tale()
    send(tale, 1)
    show(tale, "x1", "m1")
    assert said(tale, SHOWN) == []
    assert times_tested(tale, SHOWN) == 1


@pytest.mark.parametrize(("number", "wrong"), [(0, 0), (1, 1)])
@pytest.mark.parametrize("name", [SHOWN, ACCEPTED])
def test_who_was_a_member_before_the_record_began_is_not_known(name: str, number: int, wrong: int) -> None:
    """Zoe may have left by then, and the send may be a repetition, unless it was requested in the record."""
    tale = Tale(head=5)
    if number:
        tale.add(SendRequested, "z1", "c", "s1", number)
    tale.add(SendAttempted, "z1", "c", "s1", "z1-m1", 3)
    accept(tale, 1, "z1")
    show(tale, "z1", "z1-m1")
    assert len(said(tale, name)) == wrong


@pytest.mark.parametrize("name", [SHOWN, ACCEPTED])
def test_who_left_is_not_judged_by_a_try_that_may_be_a_repetition(name: str) -> None:
    tale = Tale(head=5)
    bob_leaves(tale)
    tale.add(SendAttempted, "b1", "c", "s1", "b1-m1", 2)
    accept(tale, 1, "b1")
    show(tale, "b2", "b1-m1")
    assert said(tale, name) == []


@pytest.mark.parametrize(("late", "wrong"), [(0, 0), (SKEW, 0), (SKEW + 1, 1), (None, 1)])
@pytest.mark.parametrize("name", [SHOWN, ACCEPTED])
@pytest.mark.parametrize("left", [False, True])
def test_a_join_may_be_late_by_what_clocks_are_apart(name: str, left: bool, late: int | None, wrong: int) -> None:
    """Of somebody new, and of somebody who comes back: the line of the join stands below what rests on it."""
    tale = Tale()
    device = "b1" if left else "z1"
    if left:
        bob_leaves(tale)
    send_at = tale.now + 3 * SKEW
    tale.add(SendRequested, device, "c", "s1", 1, t=send_at)
    tale.add(SendAttempted, device, "c", "s1", f"{device}-m1", 1, t=send_at)
    if name == SHOWN:
        show(tale, device, f"{device}-m1")
    else:
        accept(tale, 1, device)
    done = tale.now
    if late is not None:
        (bob_is_back if left else zoe_joins)(tale, done + late)
    assert said(tale, name, skew=SKEW) == [], "it may come yet"
    end(tale)
    assert len(said(tale, name, skew=SKEW)) == wrong


@pytest.mark.parametrize("name", [SHOWN, ACCEPTED])
def test_the_join_of_somebody_else_or_elsewhere_is_none(name: str) -> None:
    tale = Tale()
    send(tale, 1, "z1")
    accept(tale, 1, "z1")
    show(tale, "z1", "z1-m1")
    tale.add(MemberJoined, "c", 4, "tom", "ann", 1, node="store")
    tale.add(MemberJoined, "d", 4, "zoe", "ann", 1, node="store")
    end(tale)
    assert len(said(tale, name, skew=SKEW)) == 1


@pytest.mark.parametrize(("later", "wrong"), [(3 * SKEW, 0), (3 * SKEW + 1, 1)])
@pytest.mark.parametrize("name", [SHOWN, ACCEPTED])
def test_it_is_judged_as_soon_as_no_join_can_come_any_more(name: str, later: int, wrong: int) -> None:
    tale = Tale()
    send(tale, 1, "z1")
    accept(tale, 1, "z1")
    tale.add(Shown, "z1", "c", 1, "z1-m1", "zoe", t=tale.now)
    done = tale.now
    tale.add(SendAccepted, "a1", "c", "s9", "m9", 0, t=done + later)
    tale.add(Shown, "a1", "c", 9, "m9", "ann", t=done + later)
    assert len(said(tale, name, skew=SKEW)) == wrong


@pytest.mark.parametrize(("after", "wrong"), [(0, 0), (SKEW, 0), (SKEW + 1, 1)])
@pytest.mark.parametrize("name", [SHOWN, ACCEPTED])
def test_who_leaves_and_joins_by_clocks_that_differ_may_be_back(name: str, after: int, wrong: int) -> None:
    """Zoe joins, and the line of an older leave of hers comes after that."""
    tale = Tale()
    joined = tale.now + 1_000
    zoe_joins(tale, joined)
    tale.add(MemberLeft, "c", 3, "zoe", "ann", 3, node="store", t=joined + after)
    tale.now += 3 * SKEW
    send(tale, 5, "z1")
    accept(tale, 5, "z1")
    show(tale, "z1", "z1-m5")
    end(tale)
    assert len(said(tale, name, skew=SKEW)) == wrong
    assert len(said(tale, name)) == 1, "one clock has one order"


@pytest.mark.parametrize("skew", [0, SKEW])
def test_who_comes_back_by_a_late_line_may_pass_over_what_was_said_meanwhile(skew: int) -> None:
    """Bob's phone shows m4, which he came back to, before the line of his return; m3 is on screens, and m5 on none before his."""
    tale = Tale()
    for number in (1, 3, 4, 5):
        send(tale, number)
    show(tale, "a1", "m1")
    show(tale, "b1", "m1")
    bob_leaves(tale)
    show(tale, "a1", "m3")
    show(tale, "b1", "m4", "m5")
    bob_is_back(tale)
    end(tale)
    told = [message for message, _ in said(tale, "one-order-on-all-screens", skew=skew)]
    assert told == ([] if skew else ["b1 showed m4 in c without m3, which others show without m4"])
    show(tale, "a1", "m4", "m5")
    assert [message for message, _ in said(tale, "one-order-on-all-screens", skew=skew)] == told


def test_what_is_shown_before_a_late_line_of_a_return_has_no_place_before_others_have() -> None:
    """Bob's phone shows m4 before any has m3, which was said while he was away: m3 is above it all the same."""
    tale = Tale()
    for number in (1, 3, 4):
        send(tale, number)
    show(tale, "a1", "m1")
    show(tale, "b1", "m1")
    bob_leaves(tale)
    show(tale, "b1", "m4")
    bob_is_back(tale)
    show(tale, "a1", "m3", "m4")
    assert said(tale, "one-order-on-all-screens", skew=SKEW) == []


@pytest.mark.parametrize("skew", [0, SKEW])
def test_who_is_back_is_a_member_like_others(skew: int) -> None:
    tale = Tale()
    bob_leaves(tale)
    bob_is_back(tale, tale.now + 2 * SKEW)
    tale.now += 2 * SKEW
    send(tale, 1, "b1")
    accept(tale, 1, "b1")
    show(tale, "b2", "b1-m1")
    end(tale)
    assert said(tale, SHOWN, skew=skew) == []
    assert said(tale, ACCEPTED, skew=skew) == []


# --- accepts -------------------------------------------------------------------------------------------------------------


def test_who_never_was_a_member_is_told_of_no_accept() -> None:
    tale = Tale()
    send(tale, 1, "z1")
    accept(tale, 1, "z1")
    assert said(tale, ACCEPTED) == [
        (
            "z1 was told that z1-m1 is accepted in c, in which zoe had never been",
            (len(tale.events) - 2, len(tale.events) - 1),
        )
    ]


def test_what_waited_in_the_outbox_while_its_user_left_is_not_accepted() -> None:
    """Bob wrote it before, and it went out after that."""
    tale = Tale()
    tale.add(SendRequested, "b1", "c", "s1", 1)
    left = bob_leaves(tale)
    tried = tale.add(SendAttempted, "b1", "c", "s1", "b1-m1", 1)
    tale.add(SendAttempted, "b1", "c", "s1", "b1-m1", 2)
    accept(tale, 1, "b1")
    told = "b1 was told that b1-m1 is accepted in c, which bob had left before it went out"
    assert said(tale, ACCEPTED) == [(told, (left, tried, tried + 2))]


def test_a_try_of_before_the_leave_may_have_been_written_then() -> None:
    """Its outcome was unknown; the repetition after the leave, and after a return and a second leave, learns of it."""
    tale = Tale()
    send(tale, 1, "b1")
    bob_leaves(tale)
    tale.add(SendAttempted, "b1", "c", "s1", "b1-m1", 2)
    bob_is_back(tale)
    bob_leaves(tale)
    accept(tale, 1, "b1")
    assert said(tale, ACCEPTED) == []
    assert times_tested(tale, ACCEPTED) == 1


def test_who_was_back_for_a_moment_may_have_been_accepted_in_it() -> None:
    tale = Tale()
    bob_leaves(tale)
    send(tale, 1, "b1")
    bob_is_back(tale)
    bob_leaves(tale)
    accept(tale, 1, "b1")
    assert said(tale, ACCEPTED) == []


@pytest.mark.parametrize(("apart", "wrong"), [(0, 0), (SKEW, 0), (SKEW + 1, 1)])
def test_a_leave_and_a_try_are_compared_up_to_what_clocks_are_apart(apart: int, wrong: int) -> None:
    tale = Tale()
    bob_leaves(tale)
    tale.add(SendRequested, "b1", "c", "s1", 1, t=tale.now + apart)
    tale.add(SendAttempted, "b1", "c", "s1", "b1-m1", 1, t=tale.now)
    accept(tale, 1, "b1")
    end(tale)
    assert len(said(tale, ACCEPTED, skew=SKEW)) == wrong


def test_an_accept_of_what_is_not_known_to_be_tried_says_nothing() -> None:
    tale = Tale()
    accept(tale, 1, "z1")
    tale.add(SendAttempted, "a1", "x", "s2", "m2", 1)
    tale.add(SendAccepted, "a1", "x", "s2", "m2", 0)
    assert said(tale, ACCEPTED) == []
    assert times_tested(tale, ACCEPTED) == 0


# --- read marks ----------------------------------------------------------------------------------------------------------


def mark(tale: Tale, to: int, device: str = "b1") -> int:
    return tale.add(ReadMarkMoved, device, "c", to, "this device")


def test_what_a_mark_names_may_turn_out_later() -> None:
    """Ann's screen says what is at 1; Bob's own says it, too, and both too late."""
    for device in ("a1", "b2"):
        tale = Tale()
        send(tale, 1)
        marked = mark(tale, 1)
        assert said(tale, READ) == []
        show(tale, device, "m1")
        show(tale, "a1", "m1")
        told = "b1 holds m1 of c to be read, which no device of bob had shown"
        assert said(tale, READ) == [(told, (marked, marked + 1))]


def test_what_is_shown_in_the_microsecond_of_the_mark_may_have_been_before_it() -> None:
    tale = Tale()
    send(tale, 1)
    mark(tale, 1)
    tale.add(Shown, "b2", "c", 1, "m1", "ann", t=tale.now)
    assert said(tale, READ) == []


def test_an_opaque_place_that_a_screen_has_is_what_it_shows() -> None:
    tale = Tale()
    send(tale, 1)
    show(tale, "a1", "m1")
    marked = mark(tale, 1)
    told = "b1 holds m1 of c to be read, which no device of bob had shown"
    assert said(tale, READ, opaque=True) == [(told, (marked,))]


def test_a_mark_is_judged_once_and_by_the_first_screen_that_says_what_it_is() -> None:
    tale = Tale()
    send(tale, 1)
    show(tale, "a1", "m1")
    marked = mark(tale, 1)
    show(tale, "b1", "m1")
    mark(tale, 1)
    assert [evidence for _, evidence in said(tale, READ)] == [(marked,)]
    assert times_tested(tale, READ) == 2


def test_what_no_screen_shows_may_be_a_row_that_nobody_sees() -> None:
    tale = Tale()
    send(tale, 1)
    mark(tale, 7)
    mark(tale, 0)
    show(tale, "a1", "x8")
    mark(tale, 8)
    assert said(tale, READ) == [], "7 is on no screen, and 8 was sent by nobody: a join, say"


def test_what_was_shown_before_a_wipe_was_shown() -> None:
    tale = Tale()
    send(tale, 1)
    show(tale, "a1", "m1")
    show(tale, "b2", "m1")
    tale.add(Wiped, "b2", 2)
    mark(tale, 1, "b2")
    mark(tale, 1, "b1")
    assert said(tale, READ) == []


def test_who_sent_it_has_read_it() -> None:
    """On whichever of the user's devices, and before any of them has it on its screen."""
    tale = Tale()
    send(tale, 1, "b1", "m1")
    mark(tale, 1, "b2")
    show(tale, "a1", "m1")
    mark(tale, 1, "b1")
    assert said(tale, READ) == []


@pytest.mark.parametrize(("joined", "gaps", "head"), [(True, False, 0), (False, True, 0), (False, False, 1)])
def test_whose_marks_are_not_judged(joined: bool, gaps: bool, head: int) -> None:
    """Who joined may have been given the past as read; what is left out may be; what is older than the record is not known."""
    tale = Tale(head=head)
    send(tale, 1)
    if joined:
        zoe_joins(tale)
    show(tale, "a1", "m1")
    mark(tale, 1, "z1" if joined else "b1")
    assert said(tale, READ, gaps=gaps) == []
    assert times_tested(tale, READ, gaps=gaps) == 0


@pytest.mark.parametrize(("number", "wrong"), [(0, 0), (1, 1)])
def test_what_may_have_been_sent_and_shown_before_the_record_is_not_judged(number: int, wrong: int) -> None:
    tale = Tale(head=3)
    if number:
        tale.add(SendRequested, "a1", "c", "s5", number)
    tale.add(SendAttempted, "a1", "c", "s5", "m5", 2)
    show(tale, "a1", "m5")
    mark(tale, 5)
    assert len(said(tale, READ)) == wrong


@pytest.mark.parametrize(("late", "wrong"), [(SKEW, 0), (SKEW + 1, 1), (None, 1)])
@pytest.mark.parametrize("known", [False, True])
def test_it_may_have_been_shown_before_by_clocks_that_differ(known: bool, late: int | None, wrong: int) -> None:
    """Whether it is known by then what the mark names, or not."""
    tale = Tale()
    send(tale, 1)
    if known:
        show(tale, "a1", "m1")
    mark(tale, 1)
    marked = tale.now
    if late is not None:
        tale.add(Shown, "b2", "c", 1, "m1", "ann", t=marked + late)
    if not known:
        show(tale, "a1", "m1")
    assert said(tale, READ, skew=SKEW) == []
    end(tale)
    assert len(said(tale, READ, skew=SKEW)) == wrong


@pytest.mark.parametrize(("later", "wrong"), [(3 * SKEW, 0), (3 * SKEW + 1, 1)])
@pytest.mark.parametrize("by", [Shown, ReadMarkMoved])
def test_a_mark_is_judged_as_soon_as_no_screen_can_come_any_more(by: type[Any], later: int, wrong: int) -> None:
    tale = Tale()
    send(tale, 1)
    show(tale, "a1", "m1")
    mark(tale, 1)
    show(tale, "b2", "m3")
    tale.now -= tale.tick
    fields = ("a1", "c", 2, "m2", "ann") if by is Shown else ("a1", "c", 0, "a1")
    tale.add(by, *fields, t=tale.now + later)
    assert len(said(tale, READ, skew=SKEW)) == wrong


def test_an_opaque_mark_may_name_the_message_by_its_id() -> None:
    """What is sent has that name, whatever the screens call its place."""
    name = {1: "$a", 7: "m1", 8: "m2"}
    for shown in (False, True):
        tale = Tale()
        send(tale, 1)
        if shown:
            show(tale, "b2", "m1")
        marked = mark(tale, 7)
        mark(tale, 8)
        wrong = [] if shown else [("b1 holds m1 of c to be read, which no device of bob had shown", (marked,))]
        assert said(tale, READ, opaque=True, name=lambda _, seq: name[seq]) == wrong
        assert said(tale, READ, name=lambda _, seq: name[seq]) == [], "a number is no name"


# --- badges --------------------------------------------------------------------------------------------------------------


def badge(tale: Tale, unread: int, device: str = "b1") -> int:
    return tale.add(UnreadShown, device, "c", unread)


def test_no_badge_is_below_zero_whatever_else_is_recorded() -> None:
    tale = Tale(head=9)
    badge(tale, 4)
    below = badge(tale, -1)
    assert said(tale, BADGES) == [("b1 shows -1 unread messages in c", (below,))]
    only = frozenset({UnreadShown})
    assert [evidence for _, evidence in said(tale, BADGES, records=only)] == [(below,)]
    assert times_tested(tale, BADGES) == 2


def test_no_badge_is_above_what_others_have_sent() -> None:
    """A repetition is no message, one's own are none, whichever device sent them, and what went out twice may be two."""
    tale = Tale()
    send(tale, 1)
    tale.add(SendAttempted, "a1", "c", "s1", "m1", 2)
    send(tale, 2, "b2")
    send(tale, 3, "z1")
    badge(tale, 2)
    badge(tale, 2, "a1")
    assert said(tale, BADGES) == []
    above = badge(tale, 3)
    assert said(tale, BADGES) == [("b1 shows 3 unread messages in c, to which others have sent 2", (above,))]
    tale.add(SendAttempted, "a1", "c", "s1", "m9", 3)
    badge(tale, 3)
    assert len(said(tale, BADGES)) == 1


def test_where_nothing_is_known_to_be_sent_a_badge_may_count_what_it_will() -> None:
    tale = Tale()
    badge(tale, 3)
    tale.add(SendAttempted, "a1", "x", "s1", "m1", 1)
    badge(tale, 3)
    assert said(tale, BADGES) == []
    tale = Tale(head=1)
    send(tale, 1)
    badge(tale, 3)
    assert said(tale, BADGES) == []


@pytest.mark.parametrize(("sent", "wrong"), [(1, 1), (2, 0)])
def test_what_a_badge_counts_may_be_sent_later_by_clocks_that_differ(sent: int, wrong: int) -> None:
    tale = Tale()
    send(tale, 1)
    badge(tale, 2)
    for number in range(2, sent + 1):
        send(tale, number)
    assert said(tale, BADGES, skew=SKEW) == []
    end(tale)
    assert len(said(tale, BADGES, skew=SKEW)) == wrong


@pytest.mark.parametrize(("later", "wrong"), [(3 * SKEW, 0), (3 * SKEW + 1, 1)])
def test_a_badge_is_judged_as_soon_as_no_sending_can_come_any_more(later: int, wrong: int) -> None:
    tale = Tale()
    send(tale, 1)
    badge(tale, 2)
    tale.add(UnreadShown, "b2", "c", 0, t=tale.now + later)
    assert len(said(tale, BADGES, skew=SKEW)) == wrong


# --- what a membership was -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("closed", "wrong"), [(1, 0), (2, 0), (3, 1), (4, 1), (5, 0), (6, 0), (7, 1)])
def test_what_a_join_grants_is_not_delivered_even_if_its_member_leaves_and_comes_back(closed: int, wrong: int) -> None:
    """Zoe joins by 3 and may read from 1 on, leaves by 4, and comes back by 7: tasks of 3, 4 and 7 are for her, others not."""
    tale = Tale()
    for seq in range(1, 8):
        tale.add(Persisted, "c", seq, f"m{seq}", "ann", "a1", node="store")
        if seq in (3, 7):
            tale.add(MemberJoined, "c", seq, "zoe", "ann", 1, node="store")
        if seq == 4:
            tale.add(MemberLeft, "c", seq, "zoe", "ann", seq, node="store")
    for device in ("b1", "b2"):
        tale.add(HandedToNotification, device, "c", 7, node="w1")
    tale.add(TaskClosed, "c", closed, "w1", node="queue")
    assert [message.split(", but ")[1].split()[0] for message, _ in said(tale, "closed-when-done")] == ["z1"] * wrong


def test_who_was_there_from_the_start_and_came_back_was_a_member_from_the_first_row_on() -> None:
    tale = Tale()
    tale.add(Persisted, "c", 1, "m1", "ann", "a1", node="store")
    bob_leaves(tale)
    tale.add(MemberJoined, "c", 3, "bob", "ann", 3, node="store")
    tale.add(DeviceRegistered, "b3", "bob", "eu", "wifi")
    tale.add(TaskClosed, "c", 1, "w1", node="queue")
    assert len(said(tale, "closed-when-done")) == 3
