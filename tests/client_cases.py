"""Minimal histories of what clients observe: for each property of theirs one that violates it, and a near miss of that.

Ann writes from a1; Bob has b1 and b2. No server is in them, and no seq is compared with another.
"""

from __future__ import annotations

from support import Tale

from model.events import (
    Connected,
    CursorMoved,
    MemberJoined,
    MemberLeft,
    ReadMarkMoved,
    SendAccepted,
    SendAttempted,
    SendRefused,
    SendRequested,
    Shown,
    Stored,
    UnreadShown,
    Wiped,
)
from sim.history import Ended, Healed

BOUND = 10_000_000


def send(tale: Tale, number: int, device: str = "a1", message: str = "") -> None:
    """The `number`-th send of a device; its message is m1 for a1, b1-m1 for others."""
    message = message or (f"m{number}" if device == "a1" else f"{device}-m{number}")
    tale.add(SendRequested, device, "c", f"s{number}", number)
    tale.add(SendAttempted, device, "c", f"s{number}", message, 1)


def accept(tale: Tale, number: int, device: str = "a1", seq: int = 0) -> None:
    tale.add(SendAccepted, device, "c", f"s{number}", f"m{number}" if device == "a1" else f"{device}-m{number}", seq)


def show(tale: Tale, device: str, *messages: str) -> None:
    """Each at the seq that its last digit says."""
    for message in messages:
        tale.add(Shown, device, "c", int(message[-1]), message, "ann")


def places_agree(tale: Tale, wrong: bool) -> None:
    """Another message at that seq in another conversation, and an accept that says no seq, are fine."""
    accept(tale, 1, seq=4)
    accept(tale, 1, seq=5 if wrong else 4)
    accept(tale, 1)
    tale.add(Shown, "b1", "d", 4, "m9", "ann")


def refused_is_not_shown(tale: Tale, wrong: bool) -> None:
    send(tale, 1)
    send(tale, 2)
    tale.add(SendRefused, "a1", "c", "s1", "m1", "not a member")
    show(tale, "b1", "m1" if wrong else "m2")


def one_message_per_send(tale: Tale, wrong: bool) -> None:
    """The second try goes out under another id; both are on the screens."""
    send(tale, 1)
    tale.add(SendAttempted, "a1", "c", "s1", "m2", 2)
    show(tale, "b1", "m1")
    show(tale, "b2", "m2" if wrong else "m1")


def message_ids_are_not_reused(tale: Tale, wrong: bool) -> None:
    """A retry has the id of the first try; the first send of the next installation must not have it."""
    send(tale, 1)
    tale.add(SendAttempted, "a1", "c", "s1", "m1", 2)
    tale.add(Wiped, "a1", 2)
    tale.add(SendRequested, "a1", "c", "s1", 1)
    tale.add(SendAttempted, "a1", "c", "s1", "m1" if wrong else "m1'", 1)


def one_order_on_all_screens(tale: Tale, wrong: bool) -> None:
    for number in (1, 2, 3):
        send(tale, number)
    show(tale, "a1", "m1", "m2", "m3")
    show(tale, "b1", *(("m2", "m1") if wrong else ("m1", "m2")))


def real_time_order_is_shown(tale: Tale, wrong: bool) -> None:
    """m1 was accepted before b1 wrote; if only after it, either order will do."""
    send(tale, 1)
    if wrong:
        accept(tale, 1)
    send(tale, 2, "b1")
    accept(tale, 1)
    show(tale, "b2", "b1-m2", "m1")


def senders_order_is_shown(tale: Tale, wrong: bool) -> None:
    send(tale, 1)
    send(tale, 2)
    show(tale, "b1", *(("m2", "m1") if wrong else ("m1", "m2")))


def questions_come_first(tale: Tale, wrong: bool) -> None:
    """b1 has Ann's m1 and m3 on the screen when it answers; if it shows m1 only afterwards, m1 was no question."""
    send(tale, 1)
    send(tale, 3)
    show(tale, "b1", *(("m1", "m3") if wrong else ("m3",)))
    send(tale, 2, "b1")
    show(tale, "b1", *(() if wrong else ("m1",)), "b1-m2")
    show(tale, "b2", "m3", "b1-m2", "m1")


def own_messages_are_there(tale: Tale, wrong: bool) -> None:
    """What was sent before Ann's was accepted may come before it, and what was sent after that may not."""
    send(tale, 1)
    send(tale, 2, "b1")
    accept(tale, 1)
    send(tale, 3, "b1")
    show(tale, "a1", "b1-m2", *(() if wrong else ("m1",)), "b1-m3")


def what_came_before_is_shown(tale: Tale, wrong: bool) -> None:
    """b1 shows m2 first: Ann had been told that m1 was accepted when she sent it, or was told only after that."""
    send(tale, 1)
    send(tale, 3, "b1")
    accept(tale, 3, "b1")
    if wrong:
        accept(tale, 1)
    send(tale, 2)
    accept(tale, 1)
    show(tale, "b1", "m2")
    send(tale, 4, "b1")
    show(tale, "b2", "b1-m3", "b1-m4")


def cursors_name_what_is_there(tale: Tale, wrong: bool) -> None:
    tale.add(Stored, "b1", "c", 1, "m1", "push")
    show(tale, "b1", "m2")
    tale.add(CursorMoved, "b1", "c", 1)
    tale.add(CursorMoved, "b1", "c", 3 if wrong else 2)
    tale.add(CursorMoved, "b2", "c", 0)


def cursors_go_forward(tale: Tale, wrong: bool) -> None:
    """Seqs say nothing here: 9 is shown above 7."""
    for number in (7, 9):
        send(tale, number)
    show(tale, "b1", "m9", "m7")
    tale.add(CursorMoved, "b1", "c", 7 if wrong else 9)
    tale.add(CursorMoved, "b1", "c", 9 if wrong else 7)


def read_marks_go_forward(tale: Tale, wrong: bool) -> None:
    """A wiped device begins anew; b2's mark is its own."""
    for number in (1, 2):
        send(tale, number)
    show(tale, "b1", "m1", "m2")
    tale.add(ReadMarkMoved, "b1", "c", 2, "b1")
    if not wrong:
        tale.add(Wiped, "b1", 2)
    tale.add(ReadMarkMoved, "b2", "c", 1, "b2")
    tale.add(ReadMarkMoved, "b1", "c", 1, "b2")


def read_marks_name_what_was_shown(tale: Tale, wrong: bool) -> None:
    """b2 may hold to be read what b1 shows, and a1 what Ann herself sent."""
    for number in (1, 2):
        send(tale, number)
    show(tale, "a1", "m1")
    show(tale, "b1", "m1", *(() if wrong else ("m2",)))
    tale.add(ReadMarkMoved, "b2", "c", 1, "b1")
    tale.add(ReadMarkMoved, "a1", "c", 2, "a1")
    tale.add(ReadMarkMoved, "b2", "c", 2, "b1")
    show(tale, "a1", "m2")


def badges_are_possible(tale: Tale, wrong: bool) -> None:
    """Two messages are there for Bob, and none for Ann, who sent them."""
    for number in (1, 2):
        send(tale, number)
    tale.add(UnreadShown, "b1", "c", 2)
    tale.add(UnreadShown, "a1", "c", 0)
    tale.add(UnreadShown, "b1", "c", 3 if wrong else 0)


def badges_go_with_reading(tale: Tale, wrong: bool) -> None:
    """Bob read m1 on b1, of two that Ann sent: one may be left there."""
    send(tale, 1)
    send(tale, 2)
    show(tale, "b1", "m1")
    tale.add(ReadMarkMoved, "b1", "c", 1, "b1")
    tale.add(UnreadShown, "b1", "c", 2 if wrong else 1)
    tale.add(Healed, BOUND, node="parley")
    tale.events.append(Ended(tale.events[-1].t + BOUND, "parley", -1))


def nothing_new_after_leaving(tale: Tale, wrong: bool) -> None:
    """What was under way when Bob left may still come; what is sent after that, only when he is back."""
    send(tale, 1)
    tale.add(MemberLeft, "c", 2, "bob", "ann", 2, node="store")
    send(tale, 3)
    show(tale, "b1", "m1")
    if not wrong:
        tale.add(MemberJoined, "c", 4, "bob", "ann", 1, node="store")
    show(tale, "b1", "m3")


def only_members_are_accepted(tale: Tale, wrong: bool) -> None:
    """What went out before Bob left may be written, however late he is told; what goes out after that, only when he is back."""
    send(tale, 1, "b1")
    tale.add(MemberLeft, "c", 2, "bob", "ann", 2, node="store")
    send(tale, 3, "b1")
    accept(tale, 1, "b1")
    if not wrong:
        tale.add(MemberJoined, "c", 4, "bob", "ann", 1, node="store")
    accept(tale, 3, "b1")


def what_was_accepted_is_shown(tale: Tale, wrong: bool) -> None:
    """m1 is accepted; m2 is not answered, but b1 shows it. b2 lacks it, or shows it when it is back."""
    send(tale, 1)
    send(tale, 2)
    accept(tale, 1)
    for device in ("a1", "b1"):
        show(tale, device, "m1", "m2")
    show(tale, "b2", "m1")
    tale.add(Connected, "b2", "g", 1)
    if not wrong:
        show(tale, "b2", "m2")
    tale.add(Healed, BOUND, node="run")
    tale.add(Ended, node="run", t=tale.now + BOUND)
