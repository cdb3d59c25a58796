"""Time: a row has the time of the store that committed it, and what is given up for its age is old by that time.

A sender's clock may be wrong by days. Servers' clocks are set right again and again: how far one of them was off, its ClockSet
events say, and by so much a row's time may be off.

    1. a phone is 29 days behind: what it sends is taken for older than any message is pushed, and nobody is told of it
    2. a worker goes by its own idea of how long a message lives, and gives up what is a second old
    3. a worker was asleep for a month with a task in its hands, and pushes what no one waits for

Requirements: P18.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from model.events import DeliveryFailed, Persisted, Pushed, SendAttempted, Shown, TaskLeased
from properties.base import Property, Violation, sees
from properties.ledger import Ledger
from properties.sends import Sent
from sim.history import ClockSet


class _Row(NamedTuple):
    """The time of a row, µs by the store's clock, and the event of its commit."""

    stored_at: int
    event: int


class Clocks(Property):
    """Base of what compares times with a row's: by how much servers' clocks were ahead and behind so far, in µs."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self.behind = -ledger.skew
        self.ahead = ledger.skew
        self._set: dict[str, ClockSet] = {}
        """By node: clocks that gain or lose."""

    @sees(ClockSet)
    def on_clock_set(self, event: ClockSet, _: int) -> None:
        if event.node not in self.ledger.user_of:
            self.catch_up(event.t)
            self._widen(event.ahead)
            self._set.pop(event.node, None)
            if event.rate:
                self._set[event.node] = event

    def catch_up(self, t: int) -> None:
        """Takes in what clocks have gained or lost until `t`, in µs."""
        for was in self._set.values():
            self._widen(was.ahead + (t - was.t) * was.rate // 1_000_000)

    def _widen(self, ahead: int) -> None:
        self.behind = min(self.behind, ahead)
        self.ahead = max(self.ahead, ahead)


def _has(event: Persisted) -> str:
    return f"{event.conversation} {event.seq} has the time {event.stored_at / 1e6:g} s, but was"


class RowsCarryTheStoresTime(Clocks):
    """A row has the store's time of its commit, and every screen shows that time.

    Proof of a violation: a Persisted whose `stored_at` is after it, or before its message was sent for the first time, by more
    than servers' clocks were off until then; or a Shown with another `stored_at` than the row. A time that is not said is not
    judged.
    """

    name: ClassVar[str] = "rows-carry-the-stores-time"
    family: ClassVar[str] = "durability"
    anomalies: ClassVar[tuple[str, ...]] = ("wrong time",)
    rests_on = (SendAttempted,)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._rows: dict[str, dict[int, _Row]] = {}
        """By conversation and seq."""

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        if not event.stored_at:
            return
        self.tested += 1
        self._rows.setdefault(event.conversation, {}).setdefault(event.seq, _Row(event.stored_at, index))
        if self._set:
            self.catch_up(event.t)
        sent = self.ledger.sent.get((event.conversation, event.message))
        if event.stored_at > event.t + self.ahead:
            self.violated(f"{_has(event)} committed at {event.t / 1e6:g} s", index)
        elif sent is not None and event.stored_at < sent.t + self.behind and self._in_record(event.conversation, sent):
            self.violated(f"{_has(event)} sent at {sent.t / 1e6:g} s", sent.index, index)

    def _in_record(self, conversation: str, sent: Sent) -> bool:
        log = self.ledger.logs.get(conversation)
        return log is not None and self.ledger.in_record(log, sent)

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        rows = self._rows.get(event.conversation)
        if rows is None or not event.stored_at:
            return
        row = rows.get(event.seq)
        if row is not None and row[0] != event.stored_at:
            what = f"{event.conversation} {event.seq} as of {event.stored_at / 1e6:g} s"
            self.violated(f"{event.device} showed {what}; its row says {row.stored_at / 1e6:g} s", row.event, index)


class ExpiredIsOld(Clocks):
    """What is given up because it is too old is as old as that, by the store's time.

    Proof of a violation: a DeliveryFailed for the reason expired of a message whose row is younger than the `ttl` that it names,
    be servers' clocks ahead by as much as any was until then.
    """

    name: ClassVar[str] = "expired-is-old"
    family: ClassVar[str] = "durable delivery"
    anomalies: ClassVar[tuple[str, ...]] = ("lost write",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._rows: dict[tuple[str, int], _Row] = {}

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        if event.stored_at:
            self._rows.setdefault((event.conversation, event.seq), _Row(event.stored_at, index))

    @sees(DeliveryFailed)
    def on_failed(self, event: DeliveryFailed, index: int) -> None:
        row = self._rows.get((event.conversation, event.seq))
        if event.reason != "expired" or not event.ttl or row is None:
            return
        self.tested += 1
        self.catch_up(event.t)
        if event.t + self.ahead - row.stored_at < event.ttl:
            age = (event.t - row.stored_at) / 1e6
            self.violated(
                f"{event.conversation} {event.seq} is given up for {event.device} as older than {event.ttl / 1e6:g} s, and "
                f"is {age:g} s old",
                row.event,
                index,
            )


class OutlivedIsNotPushed(Clocks):
    """What had outlived its time when a worker first took its task is not pushed by that worker.

    Proof of a violation: a Pushed of a message whose row was older than the `ttl` that it names when the worker leased its task
    for the first time, be servers' clocks behind by as much as any was until then. What grows too old in the worker's hands
    may be pushed.
    """

    name: ClassVar[str] = "outlived-is-not-pushed"
    family: ClassVar[str] = "durable delivery"
    anomalies: ClassVar[tuple[str, ...]] = ("stale push",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._rows: dict[tuple[str, int], _Row] = {}
        self._leases: dict[tuple[str, str, int], tuple[int, int]] = {}
        """By worker and place: the time, in µs, and the event of its first lease."""

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        if event.stored_at:
            self._rows[event.conversation, event.seq] = _Row(event.stored_at, index)

    @sees(TaskLeased)
    def on_leased(self, event: TaskLeased, index: int) -> None:
        self._leases.setdefault((event.worker, event.conversation, event.seq), (event.t, index))

    @sees(Pushed)
    def on_pushed(self, event: Pushed, index: int) -> None:
        row = self._rows.get((event.conversation, event.seq))
        if not event.ttl or row is None:
            return
        self.tested += 1
        if event.t - row.stored_at <= event.ttl:
            return  # far from too old: nothing to look up
        lease = self._leases.get((event.node, event.conversation, event.seq))
        if lease is None:
            return
        self.catch_up(event.t)
        if lease[0] + self.behind - row.stored_at > event.ttl:
            self.violated(
                f"{event.conversation} {event.seq} is pushed to {event.device}, and was "
                f"{(lease[0] - row.stored_at) / 1e6:g} s old when {event.node} took it: it is not to be pushed after "
                f"{event.ttl / 1e6:g} s",
                row.event,
                lease[1],
                index,
            )
