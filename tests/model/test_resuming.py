"""How a device goes on that has connected again: by the digest, or by sending its cursors; and what its session says."""

from __future__ import annotations

from typing import Any

import pytest
from support import PAIR, SECOND, of, plan

from faults import kinds
from model import events as e
from model.device.device import Device
from model.protocol import REFERENCE, Protocol, variant
from parley.run import Run
from sim.history import Event

pytestmark = pytest.mark.requirement("P7", "P5")


class ByCursors(Device):
    resumes_by = "cursors"


BY_CURSORS = variant("by-cursors", device=ByCursors)
AWAY = kinds.Sleep(device="bob-phone", at=8 * SECOND, duration=60 * SECOND)
DEAF = kinds.DropPush(duration=300 * SECOND)


def run(*faults: Any, protocol: Protocol = BY_CURSORS, sends: Any) -> list[Event]:
    outcome = Run(plan(*faults, sends=sends, duration=120 * SECOND), protocol).execute()
    assert outcome.violations == []
    assert outcome.converged_after is not None
    return outcome.history


def test_a_device_that_was_away_sends_its_cursors_and_is_streamed_what_it_lacks() -> None:
    sends = tuple((at * SECOND, "alice-phone") for at in (5, *range(20, 45)))
    history = run(AWAY, DEAF, sends=sends)
    asked = [(x.after, x.why) for x in of(history, e.SyncRequested, device="bob-phone") if x.t > 60 * SECOND]
    assert asked == [(0, "connect"), (20, "page")], "a page of 20, of which one is ignored, then the rest"
    assert [x.seq for x in of(history, e.Shown, device="bob-phone")] == list(range(1, 27))


def test_what_the_store_is_not_known_to_have_is_asked_for_again() -> None:
    """The digest after the second message says that the store has the first one; then the connection breaks."""
    reset = kinds.Reset(device="bob-phone", at=70 * SECOND)
    history = run(reset, sends=((5 * SECOND, "alice-phone"), (69 * SECOND, "alice-phone")))
    asked = [x for x in of(history, e.SyncRequested, device="bob-phone") if x.t > 70 * SECOND]
    assert [(x.after, x.why) for x in asked] == [(1, "connect")]
    ignored = of(history, e.DuplicateIgnored, device="bob-phone")
    assert [(x.seq, x.via) for x in ignored] == [(2, "sync")]
    acked = [x.upto for x in of(history, e.AckSent, device="bob-phone") if x.t >= ignored[0].t]
    assert acked[0] == 2


def test_by_the_digest_nothing_is_asked_for_twice() -> None:
    reset = kinds.Reset(device="bob-phone", at=70 * SECOND)
    history = run(reset, protocol=REFERENCE, sends=((5 * SECOND, "alice-phone"), (69 * SECOND, "alice-phone")))
    assert not of(history, e.SyncRequested, device="bob-phone")


@pytest.mark.requirement("D4", "C8")
def test_a_session_says_whose_it_is_and_since_when() -> None:
    history = run(sends=((5 * SECOND, "alice-phone"),), protocol=REFERENCE)
    users = {device.name: device.user for device in PAIR.devices}
    rows = of(history, e.SessionRegistered)
    assert {x.device for x in rows} == set(users)
    for row in rows:
        (connected,) = of(history, e.Connected, device=row.device, epoch=row.epoch)
        assert row.user == users[row.device]
        assert 0 <= row.connected_at <= row.t
        assert row.connected_at <= connected.t
