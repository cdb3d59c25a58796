"""Debts and sights of those who join, leave and come back: what is for them is judged by its place, never by its time."""

from __future__ import annotations

import pytest
from support import Tale

from model.events import CursorMoved, CursorStored, MemberJoined, MemberLeft, Persisted, SendAttempted, Shown, Stored
from properties.judge import Judge
from sim.history import Ended, Healed

pytestmark = pytest.mark.requirement("P13", "V1", "V2")

MEMBERS = ("a1", "b1", "b2")


def row(tale: Tale, seq: int, *devices: str, kind: str = "", show: bool = True, cursor: bool = True) -> None:
    """A message of Ann's at `seq`, held and shown by these devices."""
    tale.add(SendAttempted, "a1", "c", f"s{seq}", f"m{seq}", 1)
    tale.add(Persisted, "c", seq, f"m{seq}", "ann", "a1", 0, kind, node="store")
    for device in devices:
        take(tale, seq, device, show=show, cursor=cursor)


def take(tale: Tale, seq: int, device: str, *, show: bool = True, cursor: bool = True) -> None:
    tale.add(Stored, device, "c", seq, f"m{seq}", "push")
    if cursor:
        tale.add(CursorMoved, device, "c", seq)
        tale.add(CursorStored, device, "c", seq, node="store")
    if show:
        tale.add(Shown, device, "c", seq, f"m{seq}", "ann")


def joined(tale: Tale, seq: int, reads_from: int | None = None) -> None:
    row(tale, seq, *MEMBERS, kind="join")
    tale.add(MemberJoined, "c", seq, "zoe", "ann", reads_from or seq, node="store")


def left(tale: Tale, seq: int) -> None:
    row(tale, seq, *MEMBERS, kind="leave")
    tale.add(MemberLeft, "c", seq, "zoe", "ann", seq, node="store")


def violated(tale: Tale) -> dict[str, str]:
    tale.add(Healed, 1_000, node="run")
    tale.add(Ended, node="run", t=tale.now + 1_000)
    judge = Judge()
    judge.advance(tale.events)
    convergence = (
        "every-device-shows",
        "device-cursor",
        "stored-cursor",
        "shown",
        "stored-is",
        "senders",
        "membership",
    )
    return {v.property: v.message for v in judge.violations if v.property.startswith(convergence)}


def test_who_joins_owes_from_the_join_on() -> None:
    tale = Tale()
    row(tale, 1, *MEMBERS)
    joined(tale, 2)
    row(tale, 3, *MEMBERS)
    take(tale, 2, "z1")
    take(tale, 3, "z1")
    assert violated(tale) == {}


def test_who_joins_and_shows_nothing_owes_just_that() -> None:
    tale = Tale()
    row(tale, 1, *MEMBERS)
    joined(tale, 2)
    found = violated(tale)
    assert found["every-device-shows-everything"] == "z1 shows c only up to 1, its head is 2"
    assert set(found) == {
        "every-device-shows-everything", "device-cursors-reach-the-head", "stored-cursors-reach-the-head",
    }  # fmt: skip


def test_what_was_said_before_the_join_is_not_for_who_joins() -> None:
    tale = Tale()
    row(tale, 1, *MEMBERS)
    joined(tale, 2)
    take(tale, 1, "z1")
    take(tale, 2, "z1")
    assert violated(tale)["shown-to-members"] == "z1 got c 1, but its user is not a member at that place"


def test_who_is_granted_the_past_owes_the_past() -> None:
    tale = Tale()
    row(tale, 1, *MEMBERS)
    joined(tale, 2, reads_from=1)
    take(tale, 2, "z1", cursor=False)
    assert "shown-in-order" in violated(tale)
    tale = Tale()
    row(tale, 1, *MEMBERS)
    joined(tale, 2, reads_from=1)
    take(tale, 1, "z1")
    take(tale, 2, "z1")
    assert violated(tale) == {}


def test_who_left_owes_up_to_the_leave_however_late_and_nothing_after() -> None:
    tale = Tale()
    joined(tale, 1)
    row(tale, 2, *MEMBERS)
    left(tale, 3)
    row(tale, 4, *MEMBERS)
    for seq in (1, 2, 3):
        take(tale, seq, "z1")
    assert violated(tale) == {}
    take(tale, 4, "z1")
    assert "shown-to-members" in violated(tale)


def test_who_left_and_lacks_something_still_owes_it() -> None:
    tale = Tale()
    joined(tale, 1)
    row(tale, 2, *MEMBERS)
    left(tale, 3)
    row(tale, 4, *MEMBERS)
    take(tale, 1, "z1")
    found = violated(tale)
    assert found["every-device-shows-everything"] == "z1 shows c only up to 1, its head is 3"
    assert found["device-cursors-reach-the-head"] == "z1's cursor of c is 1, its head is 3"


@pytest.mark.parametrize("late", [False, True])
def test_who_comes_back_goes_on_after_the_gap_which_is_none(late: bool) -> None:
    """The first span may be learned before or after the return: 1 to 3, then 6 and 7, whatever 4 and 5 were."""
    tale = Tale()
    joined(tale, 1)
    row(tale, 2, *MEMBERS)
    left(tale, 3)
    if not late:
        for seq in (1, 2, 3):
            take(tale, seq, "z1")
    row(tale, 4, *MEMBERS)
    row(tale, 5, *MEMBERS)
    joined(tale, 6)
    row(tale, 7, *MEMBERS)
    for seq in (1, 2, 3, 6, 7) if late else (6, 7):
        take(tale, seq, "z1")
    assert violated(tale) == {}


def test_a_cursor_that_jumps_over_what_is_owed_is_seen_in_spite_of_the_gap() -> None:
    tale = Tale()
    joined(tale, 1)
    row(tale, 2, *MEMBERS)
    left(tale, 3)
    joined(tale, 4)
    take(tale, 1, "z1")
    tale.add(Stored, "z1", "c", 4, "m4", "push")
    tale.add(CursorMoved, "z1", "c", 4)
    assert violated(tale)["device-cursor-is-sound"] == "z1's cursor of c moved to 4, but it holds only 1 to 1"


def test_a_debt_is_paid_by_who_owes_it() -> None:
    """A device that is no member shows what it must not: nobody else's debt gets smaller."""
    tale = Tale()
    joined(tale, 1)
    take(tale, 1, "z1")
    left(tale, 2)
    take(tale, 2, "z1")
    row(tale, 3, "a1", "b1")
    take(tale, 3, "z1")
    assert violated(tale)["every-device-shows-everything"] == "b2 shows c only up to 2, its head is 3"
