"""A device that is silent for very long is given up by policy, and is a device like any other when it comes back."""

from __future__ import annotations

from typing import Any

import pytest
from support import SECOND, deploy, of, plan, scenario

from faults import kinds
from faults.plan import ProtocolRef
from model import events as e
from model.protocol import REFERENCE, variant
from model.servers.notification import NotificationService
from model.store.store import MessageStore
from model.wire.store import CleanUp
from parley.run import Outcome, Run
from sim.history import Event

pytestmark = pytest.mark.requirement("P10", "D6")


class Impatient(MessageStore):
    """A month is 20 s here: no run is as long as a month."""

    stuck_after = 20 * SECOND
    sweep_interval = 5 * SECOND


IMPATIENT = variant("impatient", store=Impatient)
AWAY = kinds.Sleep(device="bob-phone", at=2 * SECOND, duration=80 * SECOND)
DEAF = kinds.DropPush(duration=300 * SECOND)
SENDS = ((5 * SECOND, "alice-phone"), (50 * SECOND, "alice-phone"))


def outcome(*faults: Any, sends: Any = SENDS, protocol: Any = IMPATIENT) -> Outcome:
    return Run(plan(*faults, sends=sends, duration=150 * SECOND), protocol).execute()


def run(*faults: Any, sends: Any = SENDS) -> list[Event]:
    found = outcome(*faults, sends=sends)
    assert found.violations == []
    return found.history


def test_a_silent_device_is_reported_and_returns_with_everything() -> None:
    history = run(AWAY, DEAF)
    stuck = of(history, e.DeviceStuck)
    assert [(x.device, x.limit) for x in stuck] == [("bob-phone", 20 * SECOND)]
    assert 25 * SECOND <= stuck[0].t <= 31 * SECOND
    returned = of(history, e.DeviceReturned)
    assert [x.device for x in returned] == ["bob-phone"]
    assert returned[0].t > 82 * SECOND
    assert [x.seq for x in of(history, e.Shown, device="bob-phone")] == [1, 2]


@pytest.mark.requirement("P4", "D10")
def test_nobody_pushes_to_a_stuck_device_or_wakes_it_and_a_row_says_so() -> None:
    history = run(AWAY, DEAF)
    assert of(history, e.HandedToNotification, device="bob-phone", seq=1)
    assert not of(history, e.HandedToNotification, device="bob-phone", seq=2)
    assert not of(history, e.Pushed, device="bob-phone", seq=2)
    assert [x.reason for x in of(history, e.DeliveryFailed, device="bob-phone", seq=2)] == ["stuck"]
    assert of(history, e.Pushed, device="bob-laptop", seq=2)


@pytest.mark.requirement("P9")
def test_a_stuck_device_does_not_hold_back_what_counts_as_delivered_to_all() -> None:
    history = run(AWAY, DEAF)
    stuck, back = of(history, e.DeviceStuck)[0].t, of(history, e.DeviceReturned)[0].t
    told = [(x.t, x.to_all) for x in of(history, e.ReceiptsShown, device="alice-phone")]
    assert not any(to_all for t, to_all in told if t < stuck)
    assert max(to_all for t, to_all in told if stuck < t < back) >= 1

    waiting = outcome(AWAY, DEAF, protocol=REFERENCE).history
    assert max(x.to_all for x in of(waiting, e.ReceiptsShown, device="alice-phone") if x.t < back) == 0


def test_a_returned_device_is_pushed_to_again() -> None:
    history = run(AWAY, DEAF, sends=(*SENDS, (120 * SECOND, "alice-phone")))
    assert of(history, e.Pushed, device="bob-phone", seq=3)


def test_a_device_that_has_nothing_to_ack_is_never_stuck() -> None:
    history = run(sends=((5 * SECOND, "alice-phone"), (140 * SECOND, "alice-phone")))
    assert not of(history, e.DeviceStuck)


def test_with_a_month_nobody_is_stuck_in_minutes() -> None:
    assert not of(outcome(AWAY, DEAF, protocol=REFERENCE).history, e.DeviceStuck)


def test_an_impatient_store_breaks_no_promise() -> None:
    """Random faults, joins and leaves; many devices are given up, and all of them converge."""
    given_up = 0
    for name in ("ci", "churn"):
        loaded = scenario(name)
        for seed in range(1, 61):
            found = Run(loaded.plan(seed, ProtocolRef()), IMPATIENT).execute()
            assert found.violations == [], seed
            given_up += len(of(found.history, e.DeviceStuck))
    assert given_up > 30


@pytest.mark.requirement("P17", "D10")
def test_what_is_given_up_together_is_one_alert() -> None:
    history = run(AWAY, DEAF)
    failed = of(history, e.DeliveryFailed, reason="stuck")
    alerts = of(history, e.FailureAlert, reason="stuck")
    assert sum(alert.failures for alert in alerts) == len(failed) > 0


@pytest.mark.requirement("P17", "D10")
def test_a_patient_policy_gathers_failures_before_it_tells() -> None:
    class Patient(Impatient):
        alert_after = 2

    sends = tuple((at * SECOND, "alice-phone") for at in (5, 50, 55, 60))
    history = outcome(AWAY, DEAF, sends=sends, protocol=variant("patient", store=Patient)).history
    assert len(of(history, e.DeliveryFailed)) == 3
    assert [alert.failures for alert in of(history, e.FailureAlert)] == [2]


# --- cleaned up ------------------------------------------------------------------------------------------------------


class Tidy(Impatient):
    """The eight months of a clean-up are 15 s."""

    clean_after = 15 * SECOND


TIDY = variant("tidy", store=Tidy)


@pytest.mark.requirement("P10", "P8", "D4")
def test_what_was_kept_of_a_silent_device_is_given_up_and_it_comes_back_whole() -> None:
    """Cursor, token and session are gone while it is away; what it was sent, it has in the end."""
    sends = ((5 * SECOND, "alice-phone"), (15 * SECOND, "alice-phone"), (50 * SECOND, "alice-phone"))
    away = kinds.Sleep(device="bob-phone", at=10 * SECOND, duration=72 * SECOND)
    found = outcome(away, DEAF, sends=sends, protocol=TIDY)
    assert found.violations == []
    history = found.history
    (cleaned,) = of(history, e.DeviceCleaned)
    (stuck,) = of(history, e.DeviceStuck)
    assert (cleaned.device, cleaned.t - stuck.t >= 15 * SECOND) == ("bob-phone", True)
    assert [(x.device, x.why) for x in of(history, e.TokenRemoved)] == [("bob-phone", "cleaned")]
    (registered,) = of(history, e.TokenRegistered, device="bob-phone")[1:]
    assert registered.t > 80 * SECOND
    (connected,) = of(history, e.Connected, device="bob-phone")[1:]
    asked = [x.after for x in of(history, e.SyncRequested, device="bob-phone") if x.t > connected.t]
    assert asked[0] == 1, "from its own cursor, whatever the store has forgotten"
    assert [x.to for x in of(history, e.CursorStored, device="bob-phone") if x.t > connected.t][-1] == 3
    assert of(history, e.DeviceReturned, device="bob-phone")


@pytest.mark.requirement("P10")
def test_a_device_that_stays_connected_keeps_its_token_when_its_acks_are_lost() -> None:
    """The clean-up comes to who has registered since: nothing is forgotten of it."""
    service = deploy().network.of_kind(NotificationService)[0]
    row = service.rows["bob-phone"]
    service.on_clean_up(CleanUp("bob-phone", ago=2 * SECOND), None)
    assert row.token
    service.on_clean_up(CleanUp("bob-phone", ago=0), None)
    assert not row.token
    service.on_clean_up(CleanUp("nobody", ago=0), None)
