"""What push notifications are worth: the same plans with them and without, and what the offline deliveries took.

A push is a hint, so that nothing but latency may change when every one of them is dropped. The latencies compared are those
of the same deliveries on both sides: those that found their device not connected when pushes were dropped. With pushes, the
same device may have been woken before, and even be online by then; that is what they are for.

Requirements: P8, R1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from model.events import (
    Connected,
    Disconnected,
    NotificationDropped,
    NotificationShown,
    Persisted,
    SendAttempted,
    SendRequested,
    Slept,
    Stored,
)
from reports.metrics.measure import Connections, percentile
from reports.metrics.summary import Failure
from sim.history import Crashed, Event

KEPT = "kept"
DROPPED = "dropped"

Delivery = tuple[str, str]
"""The send and the device that it reached."""


def points(values: Sequence[int]) -> tuple[int | None, int | None]:
    """p50 and p95 of samples; None if there are none."""
    ordered = sorted(values)
    return percentile(ordered, 50), percentile(ordered, 95)


class Side(msgspec.Struct):
    """What runs showed with pushes as they are, or without: how many, and of them how many violated or converged.

    `latency` are the samples, in µs, of SendRequested → Stored of the compared deliveries; `lag` those of the offline sync
    lag; `hints` counts the notifications that reached a device, `lost` those that the provider dropped.
    """

    runs: int = 0
    violated: int = 0
    converged: int = 0
    hints: int = 0
    lost: int = 0
    latency: list[int] = msgspec.field(default_factory=list)
    lag: list[int] = msgspec.field(default_factory=list)

    def merge(self, other: Side) -> None:
        for name in ("runs", "violated", "converged", "hints", "lost"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.latency += other.latency
        self.lag += other.lag


class Comparison(msgspec.Struct):
    """The runs of one scenario, with pushes and without. `failures` has the first of each property, by side and seed."""

    scenario: str
    kept: Side = msgspec.field(default_factory=Side)
    dropped: Side = msgspec.field(default_factory=Side)
    failures: list[tuple[str, int, tuple[Failure, ...]]] = msgspec.field(default_factory=list)

    def merge(self, other: Comparison) -> None:
        self.kept.merge(other.kept)
        self.dropped.merge(other.dropped)
        self.failures += other.failures

    @property
    def ok(self) -> bool:
        """Whether nothing was violated and everything converged, on both sides."""
        return all(not side.violated and side.converged == side.runs for side in (self.kept, self.dropped))


class Deliveries(msgspec.Struct):
    """Of one history: how long each delivery took (µs), and which of them found their device not connected."""

    took: dict[Delivery, int]
    offline: list[Delivery]
    hints: int
    lost: int


def deliveries(history: Iterable[Event]) -> Deliveries:
    """Each device's first Stored of each send that another device made, in the order of the history."""
    requested: dict[tuple[str, str], int] = {}
    send_of: dict[str, tuple[str, str]] = {}
    committed: dict[str, int] = {}
    connections = Connections()
    found = Deliveries({}, [], 0, 0)
    for event in history:
        match event:
            case SendRequested():
                requested[event.device, event.send] = event.t
            case SendAttempted():
                send_of[event.message] = (event.device, event.send)
            case Persisted():
                committed.setdefault(event.message, event.t)
            case Connected() | Disconnected() | Slept() | Crashed():
                connections.read(event)
            case NotificationShown():
                found.hints += 1
            case NotificationDropped():
                found.lost += 1
            case Stored():
                send, at = send_of.get(event.message), committed.get(event.message)
                if send is None or at is None or send[0] == event.device or send not in requested:
                    continue
                delivery = (send[1], event.device)
                if delivery not in found.took:
                    found.took[delivery] = event.t - requested[send]
                    if connections.segment(event.device, at) == "offline":
                        found.offline.append(delivery)
    return found


def compare(kept: Deliveries, dropped: Deliveries) -> tuple[list[int], list[int]]:
    """The latencies of the deliveries to compare: with pushes, and without them. Each delivery is in both or in none."""
    both = [delivery for delivery in dropped.offline if delivery in kept.took]
    return [kept.took[delivery] for delivery in both], [dropped.took[delivery] for delivery in both]
