"""Who is there is taken for online, as long as nothing disturbs the way of the heartbeats.

    1. a phone changes its gateway; the old one notices late that the old connection is dead, and says so
    2. the heartbeats go by a gateway that stands still: that its users lapse is no mistake

Requirements: P14, G3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import Connected, DeviceRegistered, Disconnected, PresenceChanged, Slept
from properties.base import Violation, sees
from properties.calm import InCalm
from properties.ledger import Ledger
from sim.history import Crashed


class ConnectedIsOnline(InCalm):
    """Nobody is taken for offline who is connected, and whose heartbeats have come through.

    Proof of a violation: a PresenceChanged to offline while a device of that user has been connected for longer than an entry
    lives, and the device, its gateway, the presence service and the ways between them were undisturbed for as long.
    """

    name: ClassVar[str] = "connected-is-online"
    family: ClassVar[str] = "presence"
    anomalies: ClassVar[tuple[str, ...]] = ("stale presence",)
    rests_on = (DeviceRegistered,)

    life: ClassVar[int] = 65_000_000
    """µs: for how long a device counts as online after a heartbeat, and what its message may take."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._connected: dict[str, tuple[Connected, int]] = {}

    @sees(Connected)
    def on_connected(self, event: Connected, index: int) -> None:
        self._connected[event.device] = (event, index)

    @sees(Disconnected, Slept)
    def on_lost(self, event: Disconnected | Slept, _: int) -> None:
        self._connected.pop(event.device, None)

    @sees(Crashed)
    def on_died(self, event: Crashed, _: int) -> None:
        self._connected.pop(event.node, None)

    @sees(PresenceChanged)
    def on_changed(self, event: PresenceChanged, index: int) -> None:
        self.tested += 1
        if event.online:
            return
        for device in self.ledger.devices_of.get(event.user, ()):
            if device not in self._connected:
                continue
            connected, at = self._connected[device]
            calm = self.calm.since(device, connected.gateway, event.node)
            if calm is not None and event.t - max(calm, connected.t) >= self.life:
                self.violated(
                    f"{event.user} counts as offline, and {device} has been connected all the while", at, index
                )
