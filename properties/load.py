"""Load: work that is repeated comes to an end, and is not repeated at once.

    1. a refused append is tried again at once, and refused again, for ever
    2. a timer of no length sets itself anew
    3. a device that is told to wait comes back at once, with everybody else: the limit is what keeps the load up
    4. a region's gateways are down for a minute, and a phone asks ten times a second whether they are back

Requirements: V2, F9, P15.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import Connected, Disconnected, SendAttempted, SendDeferred, Slept, Wiped, Woke
from properties.base import Property, Violation, sees
from properties.ledger import Ledger
from sim.history import Crashed, Ended, Exhausted, Restarted


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


class ReconnectsAreSpaced(Property):
    """A device that can't connect waits before it tries again: it may come back at once, but not time after time.

    An epoch is a try, so that two of them say how many there were in between. Proof of a violation: a Connected that is
    `many` tries or more after the Disconnected before it, or after the start of an app that was connected when it ended, with
    less than `spacing` for each of them. Tries that are refused count like those that find nobody. A wait may be drawn from an
    interval that begins at 0, so that one wait proves nothing: with twenty tries whose waits may be up to 1 s, 2 s, 4 s … and
    30 s at most, so short a time is one case in 10^7. What a record of another system counts by its epochs is not known, and
    not judged.
    """

    name: ClassVar[str] = "reconnects-are-spaced"
    family: ClassVar[str] = "liveness and load"
    anomalies: ClassVar[tuple[str, ...]] = ("reconnect storm", "retry amplification")
    numbers = False
    tries = True

    many: ClassVar[int] = 20
    """Tries in a row that are judged."""
    spacing: ClassVar[int] = 2_000_000
    """µs: what each of them takes on average, at least: who has been refused twenty times no longer comes every second."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._lost: dict[str, tuple[int, int, int]] = {}
        """By device without a connection: the epoch of its last one, since when it tries, and the event that says so."""
        self._there: dict[str, int] = {}
        """The epoch of the connection that a device has, or had when its app ended."""

    @sees(Disconnected)
    def on_disconnected(self, event: Disconnected, index: int) -> None:
        self._there.pop(event.device, None)
        self._lost[event.device] = (event.epoch, event.t, index)

    @sees(Connected)
    def on_connected(self, event: Connected, index: int) -> None:
        self._there[event.device] = event.epoch
        epoch, since, lost = self._lost.pop(event.device, (event.epoch, 0, -1))
        if lost < 0:
            return
        self.tested += 1
        tries, took = event.epoch - epoch, event.t - since
        if tries >= self.many and took < tries * self.spacing:
            self.violated(f"{event.device} tried to connect {tries} times in {took / 1e6:g} s", lost, index)

    @sees(Slept, Crashed, Wiped)
    def on_end(self, event: Slept | Crashed | Wiped, _: int) -> None:
        """The next app tries at once, whatever this one did; how often one tried that had no connection, nobody knows."""
        self._lost.pop(event.node, None)
        if isinstance(event, Wiped):
            self._there.pop(event.node, None)

    @sees(Woke, Restarted)
    def on_start(self, event: Woke | Restarted, index: int) -> None:
        if event.node in self._there:
            self._lost[event.node] = (self._there.pop(event.node), event.t, index)
