"""Which devices the servers can reach, and how: connected by a gateway that the session registry knows.

    1. the registry was restarted: it knows a session again with the next heartbeat, and nobody is told anything before
    2. a device has a new connection by another gateway, of which the registry is told a moment later

Requirements: V1, C8.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from model.events import Connected, Disconnected, SessionRegistered, SessionRemoved, Slept
from properties.base import Violation, sees
from properties.calm import InCalm
from properties.ledger import Ledger
from sim.history import Crashed


class Way(NamedTuple):
    """How a device is reached, and since when (µs)."""

    gateway: str
    registry: str
    t: int


class Reaching(InCalm):
    """Base of properties that ask for what a device is told while it is connected."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._connected: dict[str, Connected] = {}
        self._session: dict[str, SessionRegistered] = {}

    def way(self, device: str) -> Way | None:
        """How the device is reached; None if it isn't, or if the registry may have forgotten it."""
        connected, session = self._connected.get(device), self._session.get(device)
        if connected is None or session is None or connected.gateway != session.gateway:
            return None
        keeps = self.calm.steady(session.node)
        if keeps is None or keeps > session.t:
            return None
        return Way(session.gateway, session.node, max(connected.t, session.t))

    def away(self, device: str) -> None:
        """The device is connected no longer, or not as the registry has it."""

    @sees(Connected)
    def on_connected(self, event: Connected, index: int) -> None:
        self._connected[event.device] = event

    @sees(Disconnected, Slept)
    def on_disconnected(self, event: Disconnected | Slept, index: int) -> None:
        self._away(event.device, event.t, index)

    @sees(Crashed)
    def on_died(self, event: Crashed, index: int) -> None:
        self._away(event.node, event.t, index)

    def _away(self, device: str, t: int, index: int) -> None:
        self.settle(t, index)
        self.away(device)
        self._connected.pop(device, None)

    @sees(SessionRegistered)
    def on_registered(self, event: SessionRegistered, index: int) -> None:
        self.settle(event.t, index)
        self._session[event.device] = event

    @sees(SessionRemoved)
    def on_removed(self, event: SessionRemoved, index: int) -> None:
        self.settle(event.t, index)
        self.away(event.device)
        self._session.pop(event.device, None)
