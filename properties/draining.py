"""Planned stops: users notice nothing of a gateway that is replaced, but that their connection is another one.

    1. every deployment throws a tenth of all users off at the same moment, and they come back together
    2. what somebody sends in that moment hangs until it is tried again
    3. a gateway that is about to stop goes on taking devices, which lose it again within seconds

Requirements: C2, P1, G5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from model.events import (
    Disconnected,
    GatewayDraining,
    SendAccepted,
    SendAdmitted,
    SendAttempted,
    SendDeferred,
    SendRefused,
    SessionDropped,
    SessionOpened,
)
from properties.base import Violation, sees
from properties.calm import Calm, InCalm
from properties.ledger import Ledger
from sim.history import Crashed, FaultStarted, Paused

PLANNED = frozenset(("drain", "drain_at", "rolling_restart"))
"""Faults that stop servers as planned: what they do is to be judged, and no excuse. When a server is down, it says itself."""


class _Unplanned(Calm):
    """What has been disturbed by anything but a planned stop."""

    def began(self, fault: FaultStarted) -> None:
        if fault.kind not in PLANNED:
            super().began(fault)


class _Cut(NamedTuple):
    """A connection that was ended by a gateway that drains, with sends that had no answer yet: when they came, and the events."""

    epoch: int
    ended: int
    sends: dict[str, tuple[int, int]]


class StopsAreGentle(InCalm):
    """A gateway that is about to be stopped lets nobody in, and sends each device elsewhere, with an answer to what it has sent.

    Proof of a violation: a SessionOpened at a gateway after its GatewayDraining; a Crashed of it `grace` after that, or later,
    with a session that has no SessionDropped, if `grace` is `least` at least and nothing else disturbed it; or a SessionDropped
    of it in the first half of `grace` by which its device is Disconnected (draining) without an answer to what was admitted less
    than `patience` before, while nothing else disturbed either or what passes between them.
    """

    name: ClassVar[str] = "stops-are-gentle"
    family: ClassVar[str] = "liveness and load"
    anomalies: ClassVar[tuple[str, ...]] = ("reconnect storm", "retry amplification")
    absence: ClassVar[bool] = False
    numbers = False

    least: ClassVar[int] = 1_000_000
    """µs: who is told later than that is told nothing."""
    patience: ClassVar[int] = 1_000_000
    """µs for which a gateway that has the time waits for an answer. A service that gives none is given up after 3 s."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self.calm: Calm = _Unplanned()
        self._draining: dict[str, tuple[GatewayDraining, int]] = {}
        self._sessions: dict[str, dict[str, tuple[int, int]]] = {}
        """By gateway and device: the epoch of its session, and the event that opened it."""
        self._message: dict[str, dict[str, str]] = {}
        """By device and send: the message id that it went out under last."""
        self._answered: dict[str, set[str]] = {}
        """By device: the messages that were answered."""
        self._under_way: dict[str, dict[str, dict[str, tuple[int, int]]]] = {}
        """By device and gateway: the messages that were admitted and not answered, with when, and the event."""
        self._cut: dict[str, _Cut] = {}
        """By device whose connection was ended, and which does not know yet."""

    # --- who is where ------------------------------------------------------------------------------------------------

    @sees(GatewayDraining)
    def on_draining(self, event: GatewayDraining, index: int) -> None:
        self._draining[event.node] = (event, index)

    @sees(SessionOpened)
    def on_opened(self, event: SessionOpened, index: int) -> None:
        draining, told = self._draining.get(event.node, (None, -1))
        if draining is not None:
            self.violated(f"{event.node} is about to be stopped, and lets {event.device} in", told, index)
        self._sessions.setdefault(event.node, {})[event.device] = (event.epoch, index)

    @sees(SessionDropped)
    def on_dropped(self, event: SessionDropped, index: int) -> None:
        sessions = self._sessions.get(event.node, {})
        if sessions.get(event.device, (-1, -1))[0] == event.epoch:
            del sessions[event.device]
        under_way = self._under_way.get(event.device, {}).pop(event.node, {})
        draining, _ = self._draining.get(event.node, (None, -1))
        if draining is None or event.why != "draining":
            return
        self.tested += 1
        sends = {message: sent for message, sent in under_way.items() if event.t - sent[0] < self.patience}
        if sends and event.t - draining.t < draining.grace // 2:
            self._cut[event.device] = _Cut(event.epoch, index, sends)

    def on_stopped(self, event: Crashed | Paused, index: int) -> None:
        if isinstance(event, Crashed):
            self._stops(event, index)
        super().on_stopped(event, index)

    def _stops(self, event: Crashed, index: int) -> None:
        gateway = event.node
        draining, told = self._draining.pop(gateway, (None, -1))
        left = self._sessions.pop(gateway, {})
        if draining is None or draining.grace < self.least or event.t - draining.t < draining.grace:
            return
        steady = self.calm.steady(gateway)
        if steady is None or steady > draining.t:
            return
        self.tested += 1
        for device, (_, opened) in left.items():
            self.violated(
                f"{gateway} was told {draining.grace / 1e6:g} s before that it would be stopped, and {device} is still there",
                opened,
                told,
                index,
            )

    # --- what was sent -----------------------------------------------------------------------------------------------

    @sees(SendAttempted)
    def on_attempt(self, event: SendAttempted, _: int) -> None:
        self._message.setdefault(event.device, {})[event.send] = event.message

    @sees(SendAdmitted)
    def on_admitted(self, event: SendAdmitted, index: int) -> None:
        if event.where == "gateway" and event.message not in self._answered.get(event.device, ()):
            gateways = self._under_way.setdefault(event.device, {})
            gateways.setdefault(event.node, {})[event.message] = (event.t, index)

    @sees(SendAccepted, SendRefused)
    def on_answered(self, event: SendAccepted | SendRefused, _: int) -> None:
        self._answered.setdefault(event.device, set()).add(event.message)
        self._no_longer(event.device, event.message)

    @sees(SendDeferred)
    def on_deferred(self, event: SendDeferred, _: int) -> None:
        self._no_longer(event.device, self._message.get(event.device, {}).get(event.send, ""))

    def _no_longer(self, device: str, message: str) -> None:
        for under_way in self._under_way.get(device, {}).values():
            under_way.pop(message, None)
        if device in self._cut:
            self._cut[device].sends.pop(message, None)

    @sees(Disconnected)
    def on_disconnected(self, event: Disconnected, index: int) -> None:
        cut = self._cut.pop(event.device, None)
        if cut is None or cut.epoch != event.epoch or event.why != "draining":
            return
        since = self.calm.since(event.device, event.gateway)
        for message, (t, admitted) in cut.sends.items():
            if since is not None and since <= t:
                self.violated(
                    f"{event.gateway} sends {event.device} elsewhere without an answer to {message}",
                    admitted,
                    cut.ended,
                    index,
                )
