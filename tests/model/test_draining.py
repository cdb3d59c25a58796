"""A gateway that will be stopped sends its devices elsewhere, one after the other, each when nothing of it is under way."""

from __future__ import annotations

from typing import Any

import pytest
from support import PAIR, SECOND, of, plan

from faults import kinds
from faults.aims import Aims
from faults.fault import drawn
from faults.kinds import KINDS, Fault
from model import events as e
from model.device.device import Device
from model.protocol import REFERENCE, Protocol, variant
from model.servers.gateway import Gateway
from model.topology import expand
from parley.machine.strategies import ARMED, TIMED
from parley.run import Run
from sim import history as h
from sim.draws import Draws, Picker

pytestmark = pytest.mark.requirement("C2", "F1")

DRAIN = kinds.Drain(gateway="gateway-1", at=10 * SECOND, grace=8 * SECOND, down=3 * SECOND)
STOPS = "stops-are-gentle"


def run(
    *faults: Fault, protocol: Protocol = REFERENCE, sends: tuple[tuple[int, str], ...] = ((5 * SECOND, "alice-phone"),)
) -> tuple[list[h.Event], set[str]]:
    outcome = Run(plan(*faults, sends=sends), protocol).execute()
    return outcome.history, {violation.property for violation in outcome.violations}


def there(history: list[h.Event], t: int) -> list[str]:
    """Whom the gateway has at a time."""
    on: dict[str, None] = {}
    for event in history:
        if event.t > t:
            break
        if event.node == "gateway-1" and isinstance(event, e.SessionOpened):
            on[event.device] = None
        elif event.node == "gateway-1" and isinstance(event, e.SessionDropped):
            on.pop(event.device, None)
    return list(on)


def test_devices_are_elsewhere_before_the_gateway_is_stopped() -> None:
    history, violated = run(DRAIN)
    assert violated == set()
    before = there(history, 10 * SECOND - 1)
    assert len(before) > 1
    (told,) = of(history, e.GatewayDraining)
    assert (told.t, told.grace, told.sessions) == (10 * SECOND, 8 * SECOND, len(before))
    (drained,) = of(history, e.GatewayDrained)
    (stopped,) = of(history, h.Crashed, node="gateway-1")
    (started,) = of(history, h.Restarted, node="gateway-1")
    assert drained.t < 14 * SECOND + SECOND
    assert (stopped.t, started.t, stopped.point) == (18 * SECOND, 21 * SECOND, "")
    for device in before:
        left = next(x for x in of(history, e.Disconnected, device=device) if x.t > 10 * SECOND)
        back = next(x for x in of(history, e.Connected, device=device) if x.t > 10 * SECOND)
        assert (left.why, back.gateway) == ("draining", "gateway-2")
        assert back.t - left.t < SECOND, "without a pause"
    away = [x.t for x in of(history, e.SessionDropped, why="draining")]
    assert [t - 10 * SECOND for t in away] == [0, *(4 * SECOND * n // len(before) for n in range(1, len(before)))]


def test_who_comes_to_it_is_refused_and_goes_elsewhere() -> None:
    history, violated = run(
        DRAIN, kinds.Reset(device="alice-phone", at=11 * SECOND), kinds.Reset(device="bob-phone", at=11 * SECOND)
    )
    assert violated == set()
    assert of(history, e.ConnectionRefused, node="gateway-1", why="draining")
    assert there(history, 18 * SECOND) == []


class CutsOff(Gateway):
    def lets_go(self, session: Any) -> bool:
        return True


class NoDrain(Gateway):
    def drains(self) -> bool:
        return False


class LetsIn(Gateway):
    def lets_in(self) -> bool:
        return True


class Waits(Device):
    def moves_at_once(self) -> bool:
        return False


def at_the_send() -> Fault:
    """The gateway is told in the moment in which it forwards what a device sends."""
    fault: Fault = kinds.DrainAt(gateway="gateway-1", point="forwarding", at=0, grace=8 * SECOND, down=SECOND)
    return fault


@pytest.mark.requirement("P1")
def test_a_device_goes_when_it_has_its_answer() -> None:
    history, _ = run()
    device = there(history, 5 * SECOND)[0]
    sends = ((5 * SECOND, device),)
    history, violated = run(at_the_send(), sends=sends)
    (accepted,) = of(history, e.SendAccepted)
    (left,) = of(history, e.Disconnected, device=device, why="draining")
    assert violated == set()
    assert accepted.t < left.t < accepted.t + SECOND
    assert [x.attempt for x in of(history, e.SendAttempted)] == [1]
    history, violated = run(at_the_send(), sends=sends, protocol=variant("cuts-off", gateway=CutsOff))
    assert violated == {STOPS}
    assert len(of(history, e.SendAttempted)) == 2


def test_one_that_just_stops_and_one_that_lets_devices_in_are_told() -> None:
    _, violated = run(DRAIN, protocol=variant("stops", gateway=NoDrain))
    assert violated == {STOPS}
    resets = [kinds.Reset(device=name, at=11 * SECOND) for name in ("alice-phone", "bob-phone", "bob-laptop")]
    _, violated = run(DRAIN, *resets, protocol=variant("lets-in", gateway=LetsIn))
    assert violated == {STOPS}


def test_who_takes_it_for_a_broken_connection_waits_before_it_comes_back() -> None:
    quick, _ = run(DRAIN)
    slow, violated = run(DRAIN, protocol=variant("waits", device=Waits))
    assert violated == set()

    def back(history: list[h.Event]) -> int:
        lost = {x.device: x.t for x in of(history, e.Disconnected, why="draining")}
        return sum(next(x.t for x in of(history, e.Connected, device=d) if x.t > t) - t for d, t in lost.items())

    assert back(slow) > back(quick) + SECOND


def test_healing_in_the_middle_stops_it_and_starts_it_at_once() -> None:
    started = Run(plan(DRAIN, duration=12 * SECOND))
    outcome = started.execute()
    assert outcome.violations == []
    (stopped,) = of(outcome.history, h.Crashed)
    (again,) = of(outcome.history, h.Restarted)
    assert stopped.t == again.t == 12 * SECOND


def test_one_that_died_meanwhile_is_not_stopped_again() -> None:
    history, violated = run(DRAIN, kinds.Crash(node="gateway-1", at=12 * SECOND, down=SECOND))
    assert violated == set()
    assert [x.t for x in of(history, h.Crashed)] == [12 * SECOND]
    assert [x.t for x in of(history, h.Restarted)] == [13 * SECOND]


def test_one_that_is_down_or_drains_already_is_left_alone() -> None:
    again = kinds.Drain(gateway="gateway-1", at=11 * SECOND, grace=SECOND, down=SECOND)
    history, _ = run(DRAIN, again, kinds.Drain(gateway="gateway-1", at=19 * SECOND, grace=SECOND, down=SECOND))
    assert len(of(history, e.GatewayDraining)) == len(of(history, h.FaultStarted)) == 1


def test_gateways_that_restart_in_turn_drain_in_turn() -> None:
    history, violated = run(kinds.RollingRestart(nodes_of="kind:gateway", at=10 * SECOND, duration=32 * SECOND))
    assert violated == set()
    steps = [x for x in history if isinstance(x, e.GatewayDraining | h.Crashed | h.Restarted)]
    assert [(x.node, type(x).__name__, x.t // SECOND) for x in steps] == [
        ("gateway-1", "GatewayDraining", 10),
        ("gateway-1", "Crashed", 14),
        ("gateway-1", "Restarted", 18),
        ("gateway-2", "GatewayDraining", 26),
        ("gateway-2", "Crashed", 30),
        ("gateway-2", "Restarted", 34),
    ]
    assert not of(history, e.Disconnected, why="reset"), "nobody is thrown off"


def test_plans_and_machines_draw_it() -> None:
    assert "drain" in TIMED
    assert "drain_at" in ARMED
    aims = Aims(expand(PAIR), 60 * SECOND)
    for name in ("drain", "drain_at"):
        fault = drawn(name, Picker(Draws(1), name), aims)
        assert isinstance(fault, KINDS[name])
        assert dict(fault.nodes())["gateway"] in ("gateway-1", "gateway-2")
