"""Load: work that is repeated comes to an end.

    1. a refused append is tried again at once, and refused again, for ever
    2. a timer of no length sets itself anew
    3. a device that is told to wait comes back at once, with everybody else: the limit is what keeps the load up

Requirements: V2, F9, P15.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import Disconnected, SendAttempted, SendDeferred, Slept, Wiped
from properties.base import Property, Violation, sees
from properties.ledger import Ledger
from sim.history import Crashed, Ended, Exhausted


class NoLivelock(Property):
    """The system does not keep itself busy without getting anywhere.

    Proof of a violation: the run had to be given up, because time stood still, or because far more happened than its load
    can account for.
    """

    name: ClassVar[str] = "no-livelock"
    family: ClassVar[str] = "liveness and load"
    anomalies: ClassVar[tuple[str, ...]] = ("retry livelock", "retry amplification")

    @sees(Ended)
    def on_ended(self, event: Ended, index: int) -> None:
        self.tested += 1

    @sees(Exhausted)
    def on_exhausted(self, event: Exhausted, index: int) -> None:
        self.violated(event.why, index)


class RetryAfterIsRespected(Property):
    """A device that is told to wait does not try that message again before the time is over, on the same connection.

    Proof of a violation: a SendAttempted less than `retry_after` after a SendDeferred of the same send, with no end of the
    connection or of the app in between: a new connection may be somewhere else, which knows nothing of the limit.
    """

    name: ClassVar[str] = "retry-after-is-respected"
    family: ClassVar[str] = "liveness and load"
    anomalies: ClassVar[tuple[str, ...]] = ("retry amplification",)
    numbers = False

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._until: dict[str, dict[str, tuple[int, int]]] = {}
        """By device and send: when it may be tried again, and the index of the event that says so."""

    @sees(SendDeferred)
    def on_deferred(self, event: SendDeferred, index: int) -> None:
        self.tested += 1
        self._until.setdefault(event.device, {})[event.send] = (event.t + event.retry_after, index)

    @sees(SendAttempted)
    def on_attempt(self, event: SendAttempted, index: int) -> None:
        until, told = self._until.get(event.device, {}).pop(event.send, (0, -1))
        if event.t < until:
            early = (until - event.t) / 1e6
            self.violated(f"{event.device} tries {event.send} again {early:g} s too early", told, index)

    @sees(Disconnected, Slept, Crashed, Wiped)
    def on_end(self, event: Disconnected | Slept | Crashed | Wiped, _: int) -> None:
        self._until.pop(event.node, None)
