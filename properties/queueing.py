"""Queue: a task is closed when its duty is done, and not worked on after that.

    1. the worker pushes, closes the task, and the push goes into a half-open connection
    2. the worker hands nobody over: an offline device is never woken
    3. a worker dies with a task, and the queue gives the task up: nobody else was asked

Requirements: P4, C6, C7.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import (
    DeadLettered,
    DeliveryFailed,
    Enqueued,
    FanOutChosen,
    HandedToNotification,
    HeadHinted,
    LeaseExpired,
    Persisted,
    ReadStored,
    TaskClosed,
    TaskLeased,
    TaskReleased,
)
from properties.base import Property, Violation, sees
from properties.conversation import Held, Log
from properties.ledger import HOLDINGS, Ledger


class ClosedWhenDone(Property):
    """A delivery task is closed only when each device it was for has the message, was handed over, or was given up.

    Seen at every TaskClosed, for each device of each member at that seq but the sending one: the device has Stored the
    message, be it in an installation that was wiped since, or there was a DeliveryFailed for it, or a HandedToNotification for
    it or a later message of the conversation, as a notification names none and whoever it wakes syncs them all; or its user
    has read the message, of which nobody is to be notified any more. Of a message that is fanned out on read, a HeadHinted for
    it or a later one will do; of one on write, the task for everybody is done when each recipient has a task. Constant work
    for each delivery, if not for each event.
    """

    name: ClassVar[str] = "closed-when-done"
    family: ClassVar[str] = "queue"
    anomalies: ClassVar[tuple[str, ...]] = ("lost write", "notification missing")
    rests_on = HOLDINGS

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._handed: dict[tuple[str, str], int] = {}
        self._from: dict[tuple[str, int], str] = {}
        self._failed: set[tuple[str, str, int]] = set()
        self._on: dict[tuple[str, int], str] = {}
        self._hinted: dict[tuple[str, str], int] = {}
        self._read: dict[tuple[str, str], int] = {}
        self._tasks: set[tuple[str, int, str]] = set()

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        self._from.setdefault((event.conversation, event.seq), event.device)

    @sees(HandedToNotification)
    def on_handed(self, event: HandedToNotification, index: int) -> None:
        handed = (event.device, event.conversation)
        self._handed[handed] = max(event.seq, self._handed.get(handed, 0))

    @sees(DeliveryFailed)
    def on_failed(self, event: DeliveryFailed, index: int) -> None:
        self._failed.add((event.device, event.conversation, event.seq))

    @sees(FanOutChosen)
    def on_fan_out(self, event: FanOutChosen, index: int) -> None:
        self._on.setdefault((event.conversation, event.seq), event.strategy)

    @sees(HeadHinted)
    def on_hinted(self, event: HeadHinted, index: int) -> None:
        hinted = (event.device, event.conversation)
        self._hinted[hinted] = max(event.seq, self._hinted.get(hinted, 0))

    @sees(ReadStored)
    def on_read(self, event: ReadStored, index: int) -> None:
        self._read[event.user, event.conversation] = event.to

    @sees(Enqueued)
    def on_enqueued(self, event: Enqueued, index: int) -> None:
        if event.user:
            self._tasks.add((event.conversation, event.seq, event.user))

    @sees(TaskClosed)
    def on_closed(self, event: TaskClosed, index: int) -> None:
        self.tested += 1
        seq, conversation = event.seq, event.conversation
        log = self.ledger.logs.get(conversation)
        if log is None:
            return
        if event.user:
            devices = (self.ledger.held.get((d, conversation)) for d in self.ledger.devices_of.get(event.user, ()))
            everyone = [held for held in devices if held is not None]
        else:
            everyone = log.everyone
        for held in everyone:
            if held.access.was_member(seq) and not self._done(held, log, seq, each=not event.user):
                row = log.rows.get(seq)
                self.violated(
                    f"the task of {conversation} {seq} was closed, but {held.device} neither has it nor was handed over",
                    row[1] if row else None,
                    index,
                )

    def _done(self, held: Held, log: Log, seq: int, *, each: bool) -> bool:
        """Whether the duty towards a device is done; `each`: by the task that is for everybody."""
        device, place = held.device, (log.name, seq)
        if held.holds(seq) or device == self._from.get(place):
            return True
        if held.older is not None and any(old.holds(seq) for old in held.older.installations()):
            return True
        if seq <= self._handed.get((device, log.name), 0) or (device, log.name, seq) in self._failed:
            return True
        if seq <= self._read.get((held.access.user, log.name), 0):
            return True
        strategy = self._on.get(place, "hybrid")
        if strategy == "read":
            return seq <= self._hinted.get((device, log.name), 0)
        return each and strategy == "write" and (log.name, seq, held.access.user) in self._tasks


class OpenWhenLeased(Property):
    """A task that was closed or set aside is not worked on again.

    Proof of a violation: a TaskLeased of a task (by queue partition and number) that has ended or never was. A message
    that was published again has a new task.
    """

    name: ClassVar[str] = "open-when-leased"
    family: ClassVar[str] = "queue"
    anomalies: ClassVar[tuple[str, ...]] = ("retry livelock",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._open: dict[tuple[str, int], None] = {}
        self._ended: dict[tuple[str, int], int] = {}

    @sees(Enqueued)
    def on_enqueued(self, event: Enqueued, index: int) -> None:
        self._open[event.node, event.task] = None

    @sees(TaskClosed, DeadLettered)
    def on_end(self, event: TaskClosed | DeadLettered, index: int) -> None:
        self._open.pop((event.node, event.task), None)
        self._ended[event.node, event.task] = index

    @sees(TaskLeased)
    def on_leased(self, event: TaskLeased, index: int) -> None:
        self.tested += 1
        task = (event.node, event.task)
        if task not in self._open:
            self.violated(
                f"{event.worker} got task {event.task} of {event.node}, of {event.conversation} {event.seq}, "
                "which was not open",
                self._ended.get(task),
                index,
            )


class OneLeaseIsNoEnd(Property):
    """A task is not given up because one lease of it came to nothing: another worker takes it before it is set aside.

    After how many leases a task is given up is policy, but one worker's death or slowness proves nothing about the task.
    Proof of a violation: a DeadLettered of a task (by queue partition and number) that was leased once or never, or one
    that says another number of leases than there were TaskLeased of it.
    """

    name: ClassVar[str] = "one-lease-is-no-end"
    family: ClassVar[str] = "queue"
    anomalies: ClassVar[tuple[str, ...]] = ("notification missing",)

    least: ClassVar[int] = 2
    """Leases before a task may be given up."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._leases: dict[tuple[str, int], tuple[int, int]] = {}
        """By task that is open: how often it was leased, and the event of the last time."""

    @sees(TaskLeased)
    def on_leased(self, event: TaskLeased, index: int) -> None:
        leases, _ = self._leases.get((event.node, event.task), (0, -1))
        self._leases[event.node, event.task] = (leases + 1, index)

    @sees(LeaseExpired, TaskReleased)
    def on_nothing(self, event: LeaseExpired | TaskReleased, index: int) -> None:
        self.tested += 1

    @sees(TaskClosed)
    def on_closed(self, event: TaskClosed, _: int) -> None:
        self._leases.pop((event.node, event.task), None)

    @sees(DeadLettered)
    def on_dead(self, event: DeadLettered, index: int) -> None:
        self.tested += 1
        leases, last = self._leases.pop((event.node, event.task), (0, -1))
        what = f"task {event.task} of {event.node}, of {event.conversation} {event.seq}, was given up after"
        if leases != event.attempts:
            self.violated(f"{what} {event.attempts} leases, of which there were {leases}", last, index)
        elif leases < self.least:
            self.violated(f"{what} {'one lease' if leases else 'no lease at all'}", last, index)
