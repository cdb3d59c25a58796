"""The badge of a push: which marks it may be counted from, whose messages count, and what can't be judged."""

from __future__ import annotations

import judging
import pytest
from support import Tale

from model.events import (
    MemberJoined,
    MemberLeft,
    NotificationAttempted,
    NotificationShown,
    Persisted,
    ReadStored,
    SendAttempted,
)
from sim.verdicts import HOLDS, VACUOUS

pytestmark = pytest.mark.requirement("V1", "V3")

BADGE = "badge-in-push-is-the-servers-count"


def said(tale: Tale) -> list[str]:
    return judging.said(tale, BADGE)


def status(tale: Tale) -> str:
    return judging.status(tale, BADGE)


def commit(tale: Tale, seq: int, sender: str = "ann", kind: str = "") -> int:
    tale.add(SendAttempted, "a1", "c", f"s{seq}", f"m{seq}", 1)
    return tale.add(Persisted, "c", seq, f"m{seq}", sender, "a1", 0, kind, node="store")


def push(tale: Tale, badge: int, upto: int, read: int, device: str = "b1") -> int:
    return tale.add(NotificationAttempted, device, "c", f"t-{device}", 1, badge, upto, read, node="notification")


def read(tale: Tale, to: int) -> None:
    tale.add(ReadStored, "bob", "c", to, node="store")


def test_a_badge_counts_up_to_its_place_and_no_further() -> None:
    tale = Tale()
    for seq in (1, 2, 3):
        commit(tale, seq)
    push(tale, 2, 2, 0)
    push(tale, 3, 3, 0)
    assert said(tale) == []
    push(tale, 3, 2, 0)
    assert said(tale) == ["a push to b1 says that 3 are unread in c up to 2, and the store has 2"]


def test_a_badge_of_none_is_a_badge() -> None:
    tale = Tale()
    commit(tale, 1)
    commit(tale, 2)
    push(tale, 0, 2, 0)
    push(tale, 2, 2, 0)
    push(tale, 1, 1, 0)
    tale.add(NotificationShown, "b1", "c", "bob", "t-b1", 1, 0)
    assert said(tale) == [
        "a push to b1 says that 0 are unread in c up to 2, and the store has 2",
        "b1 shows a badge of 0 for c, and was sent 1",
    ]


def test_a_mark_counts_from_when_it_was_stored_and_an_older_one_only_if_it_was_in_force_since_the_commit() -> None:
    tale = Tale()
    commit(tale, 1)
    read(tale, 1)
    commit(tale, 2)
    push(tale, 1, 2, 1)
    read(tale, 2)
    push(tale, 1, 2, 1)
    push(tale, 0, 2, 2)
    assert said(tale) == []
    push(tale, 2, 2, 0)
    assert said(tale) == [
        "the badge in a push to b1 is counted from 0, which was bob's stored read mark of c at no time since 2 was committed"
    ]


def test_the_past_is_read_by_who_was_there() -> None:
    tale = Tale(head=5)
    commit(tale, 6)
    push(tale, 1, 6, 5)
    assert said(tale) == []
    push(tale, 1, 6, 0)
    assert len(said(tale)) == 1


def test_joins_are_no_messages_and_what_was_said_before_is_not_unread() -> None:
    tale = Tale()
    commit(tale, 1)
    commit(tale, 2, kind="join")
    tale.add(MemberJoined, "c", 2, "zoe", "ann", 1, node="store")
    commit(tale, 3)
    push(tale, 1, 3, 0, device="z1")
    push(tale, 2, 3, 0)
    assert said(tale) == []
    assert status(tale) == HOLDS


def test_a_row_that_is_not_known_to_be_committed_can_not_be_judged() -> None:
    tale = Tale()
    commit(tale, 1)
    push(tale, 7, 2, 0)
    push(tale, -1, 1, 0)
    push(tale, 7, 1, 0, device="z1")
    assert status(tale) == VACUOUS


def test_who_left_or_came_back_since_the_commit_is_not_judged() -> None:
    tale = Tale()
    commit(tale, 1)
    commit(tale, 2, kind="leave")
    tale.add(MemberLeft, "c", 2, "bob", "ann", 2, node="store")
    push(tale, 9, 1, 0)
    push(tale, 0, 2, 0)
    commit(tale, 3, kind="join")
    tale.add(MemberJoined, "c", 3, "bob", "ann", 3, node="store")
    push(tale, 9, 1, 0)
    assert status(tale) == VACUOUS


def test_a_phone_shows_the_badge_that_it_was_sent() -> None:
    tale = Tale()
    commit(tale, 1)
    push(tale, 1, 1, 0)
    tale.add(NotificationShown, "b1", "c", "bob", "t-b1", 1, 1)
    tale.add(NotificationShown, "b1", "c", "bob", "another token", 1, 4)
    tale.add(NotificationShown, "b1", "c", "bob", "t-b1", 1)
    assert said(tale) == []
    tale.add(NotificationShown, "b1", "c", "bob", "t-b1", 1, 4)
    assert said(tale) == ["b1 shows a badge of 4 for c, and was sent 1"]
