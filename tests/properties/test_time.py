"""Each condition of the properties about time, by a history that only it tells from its neighbour."""

from __future__ import annotations

from typing import Any

import pytest
from judging import judged, said
from support import Tale

from model.events import DeliveryFailed, Persisted, Pushed, SendAttempted, SendRequested, Shown, TaskLeased
from sim.history import ClockSet
from sim.verdicts import VACUOUS

pytestmark = pytest.mark.requirement("V1", "V3", "P18")

DAY = 86_400_000_000


def row(tale: Tale, stored_at: int, seq: int = 1, message: str = "m1") -> int:
    tale.add(SendAttempted, "a1", "c", f"s-{message}", message, 1)
    return tale.add(Persisted, "c", seq, message, "ann", "a1", 0, "", "", "", stored_at, node="store")


def late(*clocks: tuple[Any, ...]) -> Tale:
    tale = Tale()
    tale.now = 10_000_000
    for ahead, rate, node in clocks:
        tale.add(ClockSet, ahead, rate, node=node)
    return tale


ROWS = "rows-carry-the-stores-time"


def test_a_row_is_dated_neither_after_its_commit_nor_before_its_sending() -> None:
    for at, says in (
        (10_002_000, []),
        (10_001_000, []),
        (10_002_001, ["c 1 has the time 10.002 s, but was committed at 10.002 s"]),
        (10_000_999, ["c 1 has the time 10.001 s, but was sent at 10.001 s"]),
    ):
        tale = late()
        row(tale, at)
        assert said(tale, ROWS) == says, at


def test_a_clock_that_was_off_may_date_rows_by_as_much_also_when_it_is_right_again() -> None:
    for ahead, wrong in ((-2_000_000, 10_003_000 - 2_000_001), (2_000_000, 10_004_000 + 2_000_001)):
        for off, count in ((0, 0), (-1 if ahead < 0 else 1, 1)):
            tale = late((ahead, 0, "store"), (0, 0, "store"))
            row(tale, wrong + (1 if ahead < 0 else -1) + off)
            assert len(said(tale, ROWS)) == count, (ahead, off)


def test_a_clock_that_gains_or_loses_is_off_by_what_it_has_gained_until_then() -> None:
    """A tenth of a second each second, for ten seconds."""
    for rate, edge in ((100_000, 20_003_000 + 1_000_200), (-100_000, 20_002_000 - 1_000_200)):
        for off, count in ((0, 0), (1 if rate > 0 else -1, 1)):
            tale = late((0, rate, "store"))
            tale.now += 10_000_000
            row(tale, edge + off)
            assert len(said(tale, ROWS)) == count, (rate, off)


def test_a_clock_that_is_set_right_gains_no_more() -> None:
    tale = late((0, 100_000, "store"))
    tale.add(ClockSet, 0, 0, node="store")
    tale.now += 10_000_000
    row(tale, tale.now + 2 * tale.tick + 1_000)
    assert len(said(tale, ROWS)) == 1


def test_the_clock_of_a_device_excuses_nothing() -> None:
    tale = late((-29 * DAY, 0, "a1"))
    row(tale, tale.now - 28 * DAY)
    assert len(said(tale, ROWS)) == 1


def test_what_began_before_the_record_may_have_been_sent_earlier() -> None:
    for number, count in ((0, 0), (1, 1)):
        tale = Tale(head=3)
        tale.now = 10_000_000
        tale.add(SendRequested, "a1", "c", "s-m1", number)
        row(tale, 9_000_000, 4)
        assert len(said(tale, ROWS)) == count


def test_a_time_that_is_not_said_is_not_judged() -> None:
    tale = late()
    row(tale, 0)
    tale.add(Shown, "b1", "c", 1, "m1", "ann", False, 5)
    tale.add(Shown, "b1", "c", 2, "m2", "ann", False, 5)
    assert said(tale, ROWS) == []
    assert {v.property: v.status for v in judged(tale).verdicts()}[ROWS] == VACUOUS


def test_a_screen_says_what_the_row_says() -> None:
    for at, says in (
        (10_002_000, []),
        (0, []),
        (10_002_001, ["b1 showed c 1 as of 10.002 s; its row says 10.002 s"]),
    ):
        tale = late()
        row(tale, 10_002_000)
        tale.add(Shown, "b1", "c", 1, "m1", "ann", False, at)
        assert said(tale, ROWS) == says


def test_only_what_expired_has_to_be_old_and_of_what_age_must_be_said() -> None:
    for reason, ttl, stored_at, count in (
        ("expired", 2_000_000, 10_002_000, 1),
        ("stuck", 2_000_000, 10_002_000, 0),
        ("expired", 0, 10_002_000, 0),
        ("expired", 2_000_000, 0, 0),
        ("expired", 1_000, 10_002_000, 0),
        ("expired", 1_001, 10_002_000, 1),
    ):
        tale = late()
        row(tale, stored_at)
        tale.add(DeliveryFailed, "b1", "c", 1, reason, ttl, node="store")
        assert len(said(tale, "expired-is-old")) == count, (reason, ttl, stored_at)


def test_what_expired_is_as_old_as_its_first_row() -> None:
    tale = late()
    row(tale, 10_002_000)
    tale.now += 2_000_000
    row(tale, tale.now, 1, "m2")
    tale.add(DeliveryFailed, "b1", "c", 1, "expired", 2_000_000, node="store")
    assert said(tale, "expired-is-old") == []


def test_what_is_pushed_had_not_outlived_its_time_when_its_worker_took_it_first() -> None:
    name = "outlived-is-not-pushed"
    for ttl, leased, worker, clocks, count in (
        (2_000_000, 2_000_001, "w1", (), 1),
        (2_000_000, 2_000_000, "w1", (), 0),
        (0, 3_000_000, "w1", (), 0),
        (2_000_000, 3_000_000, "w2", (), 0),
        (2_000_000, 3_000_000, "w1", ((-1_000_000, 0, "store"),), 0),
        (2_000_000, 3_000_001, "w1", ((-1_000_000, 0, "store"),), 1),
        (2_000_000, 3_000_001, "w1", ((1_000_000, 0, "store"),), 1),
    ):
        tale = late(*clocks)
        stored = row(tale, tale.now + 2 * tale.tick)
        at = tale.events[stored].t
        tale.add(TaskLeased, "c", 1, worker, 1, 0, node="queue", t=at + leased)
        tale.add(TaskLeased, "c", 1, worker, 2, 0, node="queue", t=at + 9_000_000)
        tale.add(Pushed, "b1", "c", 1, 1, ttl, node="w1")
        assert len(said(tale, name)) == count, (ttl, leased, worker, clocks)


def test_a_push_of_what_is_unknown_or_undated_is_not_judged() -> None:
    for stored_at, seq in ((0, 1), (10_002_000, 2)):
        tale = late()
        row(tale, stored_at)
        tale.add(TaskLeased, "c", seq, "w1", 1, 0, node="queue", t=20_000_000)
        tale.add(Pushed, "b1", "c", seq, 1, 1_000, node="w1")
        assert said(tale, "outlived-is-not-pushed") == []
