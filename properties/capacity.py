"""Capacity: who waits is served in turn, who is refused is told when to come, and a queue that falls behind says so.

    1. under load the newest request is served first: the others are given up by those who wait for them
    2. a server that is too busy drops what it can't take, without a word: all of it comes again, by time-outs
    3. a queue falls behind by minutes, and nobody is told

Requirements: C6, P15, R1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from model.events import (
    Enqueued,
    LagAlarm,
    LagCleared,
    LineJoined,
    LineLeft,
    PolicyDeclared,
    SendHeldBack,
    TaskLeased,
    TurnedAway,
)
from properties.base import Debt, Liveness, Property, Violation, sees
from properties.ledger import Ledger
from sim.history import Crashed, Paused, Restarted, Resumed

_NEVER = 1 << 62
"""µs: later than anything."""


class LineIsServed(Liveness):
    """Whoever waits for a server gets its turn, first come, first served.

    Proof of a violation: a LineLeft while another one waits that joined before it; or a LineJoined without its LineLeft.
    What waited at a node is lost when it crashes, as what was on its way to it.
    """

    name: ClassVar[str] = "line-is-served"
    family: ClassVar[str] = "liveness and load"
    anomalies: ClassVar[tuple[str, ...]] = ("lost write",)
    numbers = False

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._lines: dict[str, dict[int, int]] = {}
        """By node: who waits, by ticket, with the event of joining; in the order in which they came."""
        self._owed = 0

    @sees(LineJoined)
    def on_joined(self, event: LineJoined, index: int) -> None:
        self._lines.setdefault(event.node, {})[event.ticket] = index
        self._owed += 1

    @sees(LineLeft)
    def on_left(self, event: LineLeft, index: int) -> None:
        line = self._lines.get(event.node, {})
        if event.ticket not in line:
            return
        self.tested += 1
        first = next(iter(line))
        if first != event.ticket:
            self.violated(f"{event.node} serves what came later before what came first", line[first], index)
        del line[event.ticket]
        self._owed -= 1

    @sees(Crashed)
    def on_crashed(self, event: Crashed, _: int) -> None:
        self._owed -= len(self._lines.pop(event.node, ()))

    def owed(self) -> int:
        return self._owed

    def missing(self) -> Iterator[Debt]:
        for node, line in self._lines.items():
            for index in line.values():
                yield Debt(f"a request waits at {node}, and its turn does not come", (index,))


class TurnedAwayIsTold(Liveness):
    """A send that is refused because too many wait is answered: it may come again, and when.

    Proof of a violation: a TurnedAway without a SendHeldBack of that message at the same node, or one that says never. That
    node may crash before it has said so.
    """

    name: ClassVar[str] = "turned-away-is-told"
    family: ClassVar[str] = "liveness and load"
    anomalies: ClassVar[tuple[str, ...]] = ("lost write", "retry amplification")
    numbers = False

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._untold: dict[str, dict[str, int]] = {}
        """By node and message: the event of turning it away."""

    @sees(TurnedAway)
    def on_turned_away(self, event: TurnedAway, index: int) -> None:
        self._untold.setdefault(event.node, {})[event.message] = index

    @sees(SendHeldBack)
    def on_held_back(self, event: SendHeldBack, index: int) -> None:
        turned = self._untold.get(event.node, {}).pop(event.message, None)
        if turned is None:
            return
        self.tested += 1
        if not event.retry_after:
            self.violated(f"{event.node} was too busy for {event.message}, and refuses it for good", turned, index)

    @sees(Crashed)
    def on_crashed(self, event: Crashed, _: int) -> None:
        self._untold.pop(event.node, None)

    def owed(self) -> int:
        return sum(map(len, self._untold.values()))

    def missing(self) -> Iterator[Debt]:
        for node, untold in self._untold.items():
            for message, index in untold.items():
                yield Debt(f"{node} was too busy for {message}, and says nothing", (index,))


class LagRaisesAnAlarm(Property):
    """A queue whose tasks wait for longer than is declared raises an alarm.

    Proof of a violation: a first TaskLeased of a task, by queue partition and number, that was Enqueued `slow` times as long
    ago as is declared for 'lag of a queue', or more, while that queue has no LagAlarm that was not cleared. The queue's clock
    may be slow; it knows nothing of the time in which it was down or stood still.
    """

    name: ClassVar[str] = "lag-raises-an-alarm"
    family: ClassVar[str] = "liveness and load"
    anomalies: ClassVar[tuple[str, ...]] = ("notification missing",)
    numbers = False

    slow: ClassVar[int] = 3
    """How many times as long as it takes something may last by a queue's clock that is slow."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._limit = 0
        self._since: dict[str, int] = {}
        """By queue that was down or stands still, or stood still: when it went on, or goes on."""
        self._waiting: dict[tuple[str, int], tuple[int, int]] = {}
        """By task that was never leased: since when it waits, and the event that says so."""
        self._alarmed: set[str] = set()

    @sees(PolicyDeclared)
    def on_declared(self, event: PolicyDeclared, _: int) -> None:
        if event.policy == "lag of a queue":
            self._limit = event.value * self.slow

    @sees(Enqueued)
    def on_enqueued(self, event: Enqueued, index: int) -> None:
        self._waiting[event.node, event.task] = (event.t, index)

    @sees(LagAlarm)
    def on_alarm(self, event: LagAlarm, _: int) -> None:
        self.tested += 1
        self._alarmed.add(event.node)

    @sees(LagCleared)
    def on_cleared(self, event: LagCleared, _: int) -> None:
        self._alarmed.discard(event.node)

    @sees(Paused)
    def on_still(self, event: Paused, _: int) -> None:
        self._since[event.node] = _NEVER

    @sees(Restarted, Resumed)
    def on_back(self, event: Restarted | Resumed, _: int) -> None:
        self._since[event.node] = event.t
        if isinstance(event, Restarted):
            self._alarmed.discard(event.node)

    @sees(TaskLeased)
    def on_leased(self, event: TaskLeased, index: int) -> None:
        waits = self._waiting.pop((event.node, event.task), None)
        if waits is None or not self._limit:
            return
        since, enqueued = waits
        lag = event.t - max(since, self._since.get(event.node, 0))
        if lag >= self._limit and event.node not in self._alarmed:
            self.violated(
                f"task {event.task} of {event.node} has waited for {lag / 1e6:g} s, and there was no alarm",
                enqueued,
                index,
            )
