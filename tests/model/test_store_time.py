"""What goes by time goes by the store's: a sender's clock is shown, and trusted in nothing."""

from __future__ import annotations

import pytest
from support import SECOND, of, plan

from faults.kinds import ClockDrift, ClockSkew, Sleep, WrongClock
from model import events as e
from model.protocol import REFERENCE
from parley.runner import execute
from sim.history import ClockSet

DAY = 86_400 * SECOND


@pytest.mark.requirement("P18", "P4", "D1", "F8")
def test_a_sender_whose_clock_is_a_month_behind_is_pushed_and_notified_like_any_other() -> None:
    behind = WrongClock(device="alice-phone", at=2 * SECOND, by=-29 * DAY, duration=50 * SECOND)
    away = Sleep(device="bob-phone", at=SECOND, duration=100 * SECOND)
    outcome = execute(plan(behind, away, duration=200 * SECOND), REFERENCE)
    assert not of(outcome.history, e.DeliveryFailed)
    assert of(outcome.history, e.Pushed, device="bob-laptop")
    assert of(outcome.history, e.HandedToNotification, device="bob-phone")
    row = of(outcome.history, e.Persisted)[0]
    assert 5 * SECOND < row.stored_at <= row.t
    shown = of(outcome.history, e.Shown)
    assert {x.device for x in shown} == {"alice-phone", "bob-phone", "bob-laptop"}
    assert {x.stored_at for x in shown} == {row.stored_at}


@pytest.mark.requirement("P18", "F2")
def test_the_history_says_how_a_clock_goes() -> None:
    skew = ClockSkew(node="store-1", at=2 * SECOND, by=3 * SECOND, duration=10 * SECOND)
    drift = ClockDrift(node="store-1", at=20 * SECOND, rate=100_000, duration=10 * SECOND)
    outcome = execute(plan(skew, drift), REFERENCE)
    told = [(x.t // SECOND, x.ahead, x.rate) for x in of(outcome.history, ClockSet, node="store-1")]
    assert told == [(2, 3 * SECOND, 0), (12, 0, 0), (20, 0, 100_000), (30, 0, 0)]
    row = of(outcome.history, e.Persisted)[0]
    assert 3 * SECOND <= row.stored_at - row.t + SECOND <= 4 * SECOND
