"""Faults of devices: their apps sleep and die, their network comes and goes, a whole gateway of them is thrown off.

Requirements: F8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from faults.kinds.base import End, _AtPoint, _check_least, _Fault, _OnDevice, hold, kill
from sim.node import Node

if TYPE_CHECKING:
    from faults.injector import Injector
    from model.device.device import Device


def put_to_sleep(device: Device, injector: Injector) -> End:
    """Suspends a device's app, if it is up; returns its user, who opens it again unless a fault still holds it down."""
    device.suspend()
    return hold(device, injector, lambda: device.wake("user"))


class Sleep(_OnDevice, frozen=True, kw_only=True, tag="sleep"):
    """The device's app is suspended, without a goodbye, and woken by its user `duration` µs later."""

    duration: int

    requirement: ClassVar[str] = "F8"

    def lasts(self) -> int:
        return self.duration

    def idle(self, injector: Injector) -> bool:
        return not injector.device(self.device).up

    def begin(self, injector: Injector) -> End | None:
        return put_to_sleep(injector.device(self.device), injector)


class KillApp(_OnDevice, frozen=True, kw_only=True, tag="kill_app"):
    """The device's app dies and is started again `down` µs later; its database is kept."""

    down: int

    requirement: ClassVar[str] = "F8"

    def lasts(self) -> int:
        return self.down

    def idle(self, injector: Injector) -> bool:
        return not injector.device(self.device).up

    def begin(self, injector: Injector) -> End | None:
        return kill(injector.device(self.device), injector)


class KillAppAt(_AtPoint, frozen=True, kw_only=True, tag="kill_app_at"):
    """The device's app dies at a named crash point, say between local write and ack, and is started again later."""

    device: str
    down: int

    on: ClassVar[str] = "device"

    requirement: ClassVar[str] = "F8"

    def lasts(self) -> int:
        return self.down

    def idle_at(self, node: Node) -> bool:
        return not node.up

    def strike(self, injector: Injector, node: Node) -> End | None:
        return kill(node, injector, point=self.point)


class Wipe(_OnDevice, frozen=True, kw_only=True, tag="wipe"):
    """The device's local database, outbox and cursors are gone; `down` µs later the app starts as a new installation."""

    down: int

    requirement: ClassVar[str] = "F8"

    def lasts(self) -> int:
        return self.down

    def idle(self, injector: Injector) -> bool:
        return injector.device(self.device).gone

    def begin(self, injector: Injector) -> End | None:
        device = injector.device(self.device)
        device.wipe()
        return hold(device, injector, device.restart)


LEAST_PERIOD = 10_000
"""The shortest period of a flapping network, in µs: nothing is reached in less, as a hop to a gateway takes longer.

Measured on three devices: at 10 ms a minute of it is 6,000 callbacks; at 1 ms four of these, and at 100 µs a single one, are
more than a run may take at all before it is given up as endless, so that the fault would be found and not the protocol.
"""


class Flapping(_OnDevice, frozen=True, kw_only=True, tag="flapping"):
    """The device's network is gone and back by turns, `period` µs each, for `duration` µs. No reset tells either end.

    The period is 10 ms at least: in less nothing would get through at all, which is a partition.
    """

    period: int
    duration: int

    requirement: ClassVar[str] = "F8"
    everyday: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check_least(self, period=LEAST_PERIOD)

    def lasts(self) -> int:
        return self.duration

    def begin(self, injector: Injector) -> End | None:
        device = injector.device(self.device)
        mend: list[End] = []
        over = False

        def flip(_: None) -> None:
            if over:
                return
            if mend:
                mend.pop()()
            else:
                mend.append(injector.network.partition(lambda s, t: s is device or t is device))
            injector.later(self.period, flip, None)

        def end() -> None:
            nonlocal over
            over = True
            while mend:
                mend.pop()()

        flip(None)
        return end


def throw_off(gateway: Node) -> None:
    """Resets every connection of a gateway."""
    for connection in list(gateway.life.connections):
        connection.reset()


class ReconnectStorm(_Fault, frozen=True, kw_only=True, tag="reconnect_storm"):
    """All connections of a gateway are reset at once, and its devices come back."""

    gateway: str

    requirement: ClassVar[str] = "F8"
    everyday: ClassVar[bool] = False

    def nodes(self) -> list[tuple[str, str]]:
        return [("gateway", self.gateway)]

    def idle(self, injector: Injector) -> bool:
        return not injector.node(self.gateway).life.connections

    def begin(self, injector: Injector) -> End | None:
        throw_off(injector.node(self.gateway))
        return None


class ReconnectStormAt(_AtPoint, frozen=True, kw_only=True, tag="reconnect_storm_at"):
    """All connections of a gateway are reset at once when it reaches a crash point."""

    gateway: str

    on: ClassVar[str] = "gateway"
    requirement: ClassVar[str] = "F8"
    everyday: ClassVar[bool] = False

    def idle_at(self, node: Node) -> bool:
        return not node.life.connections

    def strike(self, injector: Injector, node: Node) -> End | None:
        throw_off(node)
        return None


class GoneForGood(_OnDevice, frozen=True, kw_only=True, tag="gone_for_good"):
    """The device dies and never comes back, not even when all is healed. What it never showed has that as its excuse."""

    requirement: ClassVar[str] = "F8"
    everyday: ClassVar[bool] = False

    def idle(self, injector: Injector) -> bool:
        return injector.device(self.device).gone

    def begin(self, injector: Injector) -> End | None:
        injector.lose(injector.device(self.device))
        return None
