"""A session ends with the token that it was opened by, and with silence, whatever the gateway's clock says."""

from __future__ import annotations

import pytest
from support import SECOND, of, plan

from faults.kinds.clock.clock_skew import ClockSkew
from faults.kinds.device.revoke_token import RevokeToken
from faults.kinds.device.sleep import Sleep
from model import events as e
from model.device.device import Device
from model.protocol import variant
from parley.run import Run

pytestmark = pytest.mark.requirement("P15")


def test_a_revoked_token_ends_its_session_and_the_device_comes_back_with_another() -> None:
    revoke = RevokeToken(device="bob-phone", at=10 * SECOND)
    outcome = Run(plan(revoke, duration=120 * SECOND)).execute()
    assert outcome.violations == []
    told = of(outcome.history, e.TokenRevoked)
    assert [(x.token, x.device) for x in told] == [("the token of bob-phone", "bob-phone")]
    dropped = of(outcome.history, e.SessionDropped, why="token")
    assert [(x.device, x.epoch) for x in dropped] == [("bob-phone", 1)]
    assert 10 * SECOND < dropped[0].t < 70 * SECOND, "with the next heartbeat"
    assert [x.epoch for x in of(outcome.history, e.SessionOpened, device="bob-phone")] == [1, 2]


def test_nothing_is_revoked_of_a_device_without_a_session() -> None:
    faults = (
        Sleep(device="bob-phone", at=2 * SECOND, duration=150 * SECOND),
        RevokeToken(device="bob-phone", at=140 * SECOND),
    )
    outcome = Run(plan(*faults, sends=(), duration=160 * SECOND)).execute()
    assert of(outcome.history, e.TokenRevoked) == []


def test_an_expired_token_ends_its_session() -> None:
    class Short(Device):
        token_lifetime = 20 * SECOND

    outcome = Run(plan(duration=60 * SECOND), variant("short", device=Short)).execute()
    opened = of(outcome.history, e.SessionOpened, device="bob-phone")[0]
    assert opened.expires - opened.t < 20 * SECOND
    dropped = of(outcome.history, e.SessionDropped, device="bob-phone", why="token")
    assert dropped
    assert dropped[0].t > opened.expires


@pytest.mark.requirement("F2")
def test_silence_is_measured_by_a_clock_that_nobody_sets() -> None:
    """A gateway whose clock is set back by an hour ends a silent session when the others do."""
    asleep = Sleep(device="bob-phone", at=20 * SECOND, duration=130 * SECOND)
    skews = [ClockSkew(node=f"gateway-{i}", at=30 * SECOND, by=-3600 * SECOND, duration=200 * SECOND) for i in (1, 2)]
    outcome = Run(plan(asleep, *skews, sends=(), duration=240 * SECOND)).execute()
    dropped = of(outcome.history, e.SessionDropped, device="bob-phone", why="idle")
    assert len(dropped) == 1
    assert dropped[0].t <= 121 * SECOND
