"""Nobody is told of a head that is none, by whatever it is told."""

from __future__ import annotations

from typing import Any

import pytest
from judging import proofs, said, times_tested
from support import SECOND, Tale, of, plan

from faults import kinds
from model import events as e
from parley.run import Run
from sim.history import Event

pytestmark = pytest.mark.requirement("P7", "V1", "V3")

NAME = "heads-are-true"
TOLD: dict[type[Event], Any] = {
    e.SyncRequested: lambda head: ("b1", "c", 0, "digest", head),
    e.SyncPageReceived: lambda head: ("b1", "c", 0, 1, head),
    e.ListShown: lambda head: ("b1", 1, ("d", "c"), (9, head), (0, 0), (0, 0)),
    e.HeadHinted: lambda head: ("b1", "c", head),
    e.SegmentLoaded: lambda head: ("c", head),
    e.HeadRead: lambda head: ("c", head, 0),
    e.NotificationAttempted: lambda head: ("b1", "c", "token", 1, 1, head, 0),
}


def commit(tale: Tale, seq: int) -> int:
    tale.add(e.SendAttempted, "a1", "c", f"s{seq}", f"m{seq}", 1)
    return tale.add(e.Persisted, "c", seq, f"m{seq}", "ann", "a1", node="store")


@pytest.mark.parametrize("kind", TOLD, ids=lambda kind: kind.__name__)
def test_a_head_that_is_committed_may_be_told_and_the_next_one_may_not(kind: type[Event]) -> None:
    tale = Tale()
    commit(tale, 1)
    last = commit(tale, 2)
    tale.add(kind, *TOLD[kind](2), node="cache-1")
    assert said(tale, NAME) == []
    assert times_tested(tale, NAME) == 1
    told = tale.add(kind, *TOLD[kind](3), node="cache-1")
    assert proofs(tale, NAME) == [(last, told)]
    commit(tale, 3)
    assert len(said(tale, NAME)) == 1


@pytest.mark.parametrize("kind", TOLD, ids=lambda kind: kind.__name__)
def test_who_says_nothing_says_nothing_wrong(kind: type[Event]) -> None:
    tale = Tale()
    tale.add(kind, *TOLD[kind](0), node="cache-1")
    assert times_tested(tale, NAME) == 0


def test_what_was_there_before_the_history_begins_is_committed() -> None:
    tale = Tale(head=3)
    tale.add(e.SyncRequested, "b1", "c", 0, "connect", 3)
    assert said(tale, NAME) == []
    told = tale.add(e.SyncRequested, "b1", "c", 0, "connect", 4)
    assert proofs(tale, NAME) == [(told,)]


def test_of_a_conversation_that_is_not_known_nothing_is() -> None:
    tale = Tale()
    tale.add(e.SyncRequested, "b1", "d", 0, "connect", 4)
    assert times_tested(tale, NAME) == 0


def test_a_device_says_of_what_a_digest_told_it() -> None:
    asleep = kinds.Sleep(device="bob-phone", at=2 * SECOND, duration=20 * SECOND)
    outcome = Run(plan(asleep, kinds.DropPush(duration=60 * SECOND))).execute()
    (asked,) = of(outcome.history, e.SyncRequested, device="bob-phone", why="connect")
    assert (asked.after, asked.head) == (0, 1)
