"""What a removal by policy changes: nobody owes what is gone, everybody owes the rest, and nothing goes before its time."""

from __future__ import annotations

import pytest
from judging import debt, judged, proofs, said, times_tested
from support import Tale

from model.events import (
    ConversationOpened,
    CursorMoved,
    DeviceRegistered,
    MemberJoined,
    MemberLeft,
    PageShown,
    Persisted,
    RowsRemoved,
    SendAccepted,
    SendAttempted,
    SendRequested,
    Shown,
    Stored,
    UnreadShown,
    Wiped,
)
from properties.base import Liveness
from properties.conversation import Held, Log
from sim.history import ClockSet

pytestmark = pytest.mark.requirement("P23", "V1", "V3")

OLD = "removed-is-old"
ALL = "every-device-shows-everything"
ACCEPTED = "what-was-accepted-is-shown"
BADGES = "badges-are-right"
KEPT = 10_000_000


def told(rows: int = 3, *devices: str) -> Tale:
    """Ann's messages 1 to `rows`, which a1 and these devices have."""
    tale = Tale()
    for seq in range(1, rows + 1):
        tale.add(SendRequested, "a1", "c", f"s{seq}", seq)
        tale.add(SendAttempted, "a1", "c", f"s{seq}", f"m{seq}", 1)
        tale.add(Persisted, "c", seq, f"m{seq}", "ann", "a1", 0, "", "", "", tale.now, node="store")
        tale.add(SendAccepted, "a1", "c", f"s{seq}", f"m{seq}", seq)
        for device in ("a1", *devices):
            show(tale, device, seq)
    return tale


def show(tale: Tale, device: str, seq: int) -> None:
    tale.add(Stored, device, "c", seq, f"m{seq}", "push")
    tale.add(Shown, device, "c", seq, f"m{seq}", "ann")


def remove(tale: Tale, upto: int, retention: int = 0, later: int = 0) -> int:
    return tale.add(RowsRemoved, "c", upto, retention, node="store", t=tale.now + later if later else None)


def test_a_row_may_go_when_it_is_as_old_as_that_and_not_a_microsecond_before() -> None:
    for early in (0, 1):
        tale = told(1)
        stored = next(event.stored_at for event in tale.events if isinstance(event, Persisted))
        remove(tale, 1, KEPT, stored + KEPT - early - tale.now)
        assert len(said(tale, OLD)) == early
        assert times_tested(tale, OLD) == 1


def test_clocks_that_were_ahead_explain_a_removal_before_its_time() -> None:
    tale = Tale()
    tale.add(ClockSet, 2_000_000, 0, node="store")
    tale.add(Persisted, "c", 1, "m1", "ann", "a1", 0, "", "", "", tale.now, node="store")
    remove(tale, 1, KEPT, KEPT - 1_500_000)
    assert said(tale, OLD) == []


def test_without_a_time_of_its_own_nothing_is_said_to_be_too_early() -> None:
    tale = told(1)
    remove(tale, 1)
    tale.add(Persisted, "c", 2, "m2", "ann", "a1", node="store")
    remove(tale, 2, KEPT)
    assert said(tale, OLD) == []


def test_a_row_is_looked_at_by_the_removal_that_takes_it() -> None:
    tale = told(2)
    remove(tale, 1, KEPT, KEPT)
    second = remove(tale, 2, 2 * KEPT)
    assert [proof[-1] for proof in proofs(tale, OLD)] == [second]
    other = told(2)
    remove(other, 2, KEPT, KEPT)
    remove(other, 2, 3 * KEPT)
    assert said(other, OLD) == []
    remove(other, 1, KEPT)
    assert said(other, OLD) == ["c is removed up to 1, and was up to 2 before"]


def test_what_is_gone_is_owed_by_nobody_and_the_rest_by_everybody() -> None:
    tale = told(3)
    remove(tale, 2)
    for name in (ALL, ACCEPTED):
        assert len(debt_of(tale, name)) == 2
    for device in ("b1", "b2"):
        show(tale, device, 3)
    for name in (ALL, ACCEPTED):
        assert debt_of(tale, name) == []
    assert said(tale, "shown-in-order") == []


def debt_of(tale: Tale, name: str) -> list[str]:
    """Of each device the first that it owes."""
    return debt(tale, name)


@pytest.mark.parametrize("first", [2, 3])
def test_what_came_before_the_removal_may_be_shown_and_the_rest_passed_over(first: int) -> None:
    tale = told(4)
    remove(tale, 3)
    for seq in (first, 4):
        show(tale, "b1", seq)
    tale.add(CursorMoved, "b1", "c", 4)
    for name in ("shown-in-order", "one-order-on-all-screens", "device-cursor-is-sound", "stored-before-shown"):
        assert said(tale, name) == []


def test_what_is_left_is_not_passed_over() -> None:
    tale = told(4)
    remove(tale, 2)
    tale.add(CursorMoved, "b1", "c", 2)
    show(tale, "b1", 4)
    assert len(said(tale, "shown-in-order")) == 1
    assert len(said(tale, "one-order-on-all-screens")) == 1
    tale.add(CursorMoved, "b1", "c", 4)
    assert len(said(tale, "device-cursor-is-sound")) == 1


def test_a_wiped_device_owes_what_is_left() -> None:
    tale = told(3, "b1", "b2")
    remove(tale, 2)
    assert debt(tale, ALL) == []
    tale.add(Wiped, "b1", 2)
    assert len(debt(tale, ALL)) == len(debt(tale, ACCEPTED)) == 1
    tale.add(CursorMoved, "b1", "c", 2)
    show(tale, "b1", 3)
    tale.add(CursorMoved, "b1", "c", 3)
    assert debt(tale, ALL) == debt(tale, ACCEPTED) == []
    assert said(tale, "device-cursor-is-sound") == said(tale, "shown-in-order") == []


def test_a_badge_may_lack_what_was_removed_and_nothing_else() -> None:
    tale = told(3)
    show_all = {"b1": (1, 2, 3), "b2": (3,)}
    remove(tale, 2)
    for device, seqs in show_all.items():
        for seq in seqs:
            show(tale, device, seq)
        tale.add(UnreadShown, device, "c", len(seqs))
    assert debt(tale, BADGES) == []
    tale.add(UnreadShown, "b1", "c", 2)
    assert debt(tale, BADGES) == []
    tale.add(UnreadShown, "b1", "c", 4)
    assert len(debt(tale, BADGES)) == 1
    tale.add(UnreadShown, "b1", "c", 0)
    assert len(debt(tale, BADGES)) == 1


def test_a_page_may_lack_what_was_removed_and_nothing_else() -> None:
    for seqs, wrong in (((3,), 0), ((2, 3), 0), ((1, 3), 0), ((1, 2), 1), ((), 1)):
        tale = told(3)
        remove(tale, 2)
        messages = tuple(f"m{seq}" for seq in seqs)
        tale.add(PageShown, "b1", "c", 4, seqs[0] if seqs else 4, seqs, messages, messages, 0, "scroll")
        assert len(said(tale, "history-pages-are-whole")) == wrong, seqs


def test_a_removal_in_an_absence_is_nothing_that_its_user_has() -> None:
    """Bob leaves at 2 and returns at 5: he may read 1 and 2, and what follows 5; 1 to 3 are removed meanwhile."""
    tale = told(1, "b1", "b2")
    tale.add(Persisted, "c", 2, "m2", "ann", "a1", 0, "", "leave", node="store")
    tale.add(MemberLeft, "c", 2, "bob", "ann", 2, node="store")
    for seq in (3, 4):
        tale.add(Persisted, "c", seq, f"m{seq}", "ann", "a1", node="store")
    tale.add(Persisted, "c", 5, "m5", "ann", "a1", 0, "", "join", node="store")
    tale.add(MemberJoined, "c", 5, "bob", "ann", 5, node="store")
    remove(tale, 3)
    show(tale, "b1", 5)
    tale.add(CursorMoved, "b1", "c", 5)
    assert said(tale, "device-cursor-is-sound") == said(tale, "shown-in-order") == said(tale, "shown-to-members") == []


def test_a_conversation_of_nobody_and_one_that_is_not_there_can_be_removed() -> None:
    tale = told(1)
    tale.add(RowsRemoved, "d", 4, node="store")
    assert len(debt(tale, ALL)) == 2


def test_what_is_shown_after_its_removal_may_be_passed_over_too() -> None:
    """Ann's own message 2 is gone when she learns of it at last; Bob's phone shows what follows, and never 2."""
    tale = told(1, "b1", "b2")
    for seq in (2, 3):
        tale.add(SendAttempted, "a1", "c", f"s{seq}", f"m{seq}", 1)
        tale.add(Persisted, "c", seq, f"m{seq}", "ann", "a1", node="store")
    remove(tale, 2)
    show(tale, "a1", 2)
    show(tale, "b1", 3)
    assert said(tale, "one-order-on-all-screens") == []
    show(tale, "a1", 3)
    tale.add(SendAttempted, "a1", "c", "s4", "m4", 1)
    tale.add(Persisted, "c", 4, "m4", "ann", "a1", node="store")
    show(tale, "b2", 4)
    assert len(said(tale, "one-order-on-all-screens")) == 1


UNKNOWN = "unknown-types-stop-nobody"


def polls(*conversations: str) -> Tale:
    """Two polls in each of these conversations, which the app of b1 does not know; their cursors are where they end."""
    tale = Tale()
    tale.add(DeviceRegistered, "b1", "bob", "eu", "wifi", "1.0", ("sticker",))
    for name in conversations:
        if name != "c":
            tale.add(ConversationOpened, name, "direct", ("ann", "bob"), 0)
        for seq in (1, 2):
            tale.add(Persisted, name, seq, f"{name}{seq}", "ann", "a1", 0, "", "", "poll", node="store")
    return tale


def unknown(tale: Tale) -> list[str]:
    """What b1 owes, of which it was not shown."""
    prop = next(prop for prop in judged(tale).properties if prop.name == UNKNOWN)
    assert isinstance(prop, Liveness)
    owed = dict.fromkeys(owed.message.split(",")[0] for owed in prop.missing())
    return [each.removeprefix("b1 never showed ") for each in owed if each.startswith("b1 never")]


def test_what_an_app_does_not_know_is_not_owed_once_it_is_gone() -> None:
    tale = polls("c", "d")
    assert unknown(tale) == ["c 1", "c 2", "d 1", "d 2"]
    remove(tale, 1)
    assert unknown(tale) == ["c 2", "d 1", "d 2"], "neither what is left, nor that of another conversation"


def test_who_was_wiped_owes_what_is_left() -> None:
    tale = polls("c")
    remove(tale, 1)
    tale.add(Wiped, "b1", 2)
    assert unknown(tale) == ["c 2"]


def held(head: int = 0) -> Held:
    """What bob's b1 has of a conversation, which is nothing yet."""
    log = Log(ConversationOpened(0, "c", -1, "c", "direct", ("ann", "bob"), head))
    each = Held("b1", log, log.access["bob"], head)
    log.everyone.append(each)
    return each


def test_what_is_removed_counts_as_held_and_as_shown_and_what_follows_is_kept() -> None:
    device = held()
    for seq in (2, 5):
        device.store(seq, seq)
        device.show_apart(seq)
    device.pass_removed(3)
    assert (device.upto, device.seen) == (3, 3)
    assert [device.holds(seq) and device.has_shown(seq) for seq in (3, 4, 5)] == [True, False, True]
    device.pass_removed(4)
    assert (device.upto, device.seen) == (5, 5)


def shown(*seqs: int) -> Log:
    """A conversation whose messages were first shown in this order."""
    log = held().log
    for place, seq in enumerate(seqs):
        log.shown_at[seq] = f"m{seq}"
        log.order[f"m{seq}"] = place
    return log


def test_the_screens_have_nothing_more_up_to_the_last_that_is_gone() -> None:
    log = shown(1, 2, 3)
    log.remove(2, opaque=False)
    assert (log.removed, log.removed_place) == (2, 1)
    log.remove(1, opaque=False)
    assert log.removed == 2


def test_where_seqs_are_names_the_one_that_is_named_is_the_last() -> None:
    log = shown(7, 9, 3)
    log.remove(7, opaque=True)
    assert (log.removed, log.removed_place) == (7, 0), "3 is a name, and not less than 7"
    log.remove(3, opaque=True)
    assert (log.removed, log.removed_place) == (3, 2)
