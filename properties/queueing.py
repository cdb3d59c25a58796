"""Queue: a task is closed when its duty is done, and not worked on after that.

    1. the worker pushes, closes the task, and the push goes into a half-open connection
    2. the worker hands nobody over: an offline device is never woken

Requirements: P4, C6, C7.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import DeadLettered, DeliveryFailed, Enqueued, HandedToNotification, Persisted, TaskClosed, TaskLeased
from properties.base import Property, Violation, sees
from properties.ledger import Ledger


class ClosedWhenDone(Property):
    """A delivery task is closed only when each device it was for has the message, was handed over, or was given up.

    Seen at every TaskClosed, for each device of each member at that seq but the sending one: the device has Stored the
    message, or there was a HandedToNotification or a DeliveryFailed for it. Constant work for each delivery, if not for
    each event.
    """

    name: ClassVar[str] = "closed-when-done"
    family: ClassVar[str] = "queue"
    anomalies: ClassVar[tuple[str, ...]] = ("lost write", "notification missing")

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._handed: dict[tuple[str, str], int] = {}
        self._from: dict[tuple[str, int], str] = {}
        self._failed: set[tuple[str, str, int]] = set()

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

    @sees(TaskClosed)
    def on_closed(self, event: TaskClosed, index: int) -> None:
        self.tested += 1
        seq, conversation = event.seq, event.conversation
        log = self.ledger.logs.get(conversation)
        if log is None:
            return
        sender = self._from.get((conversation, seq))
        for held in log.everyone:
            if seq > held.upto and seq not in held.beyond and held.device != sender and held.access.reads(seq):
                if seq <= self._handed.get((held.device, conversation), 0):
                    continue
                if (held.device, conversation, seq) in self._failed:
                    continue
                row = log.rows.get(seq)
                self.violated(
                    f"the task of {conversation} {seq} was closed, but {held.device} neither has it nor was handed over",
                    row[1] if row else None,
                    index,
                )


class OpenWhenLeased(Property):
    """A task that was closed or set aside is not worked on again.

    Proof of a violation: a TaskLeased of a message of which no more tasks are open. A task that was published again is
    a new one.
    """

    name: ClassVar[str] = "open-when-leased"
    family: ClassVar[str] = "queue"
    anomalies: ClassVar[tuple[str, ...]] = ("retry livelock",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._open: dict[tuple[str, int], int] = {}
        self._ended: dict[tuple[str, int], int] = {}

    @sees(Enqueued)
    def on_enqueued(self, event: Enqueued, index: int) -> None:
        task = (event.conversation, event.seq)
        self._open[task] = self._open.get(task, 0) + 1

    @sees(TaskClosed, DeadLettered)
    def on_end(self, event: TaskClosed | DeadLettered, index: int) -> None:
        task = (event.conversation, event.seq)
        self._open[task] = max(0, self._open.get(task, 0) - 1)
        self._ended[task] = index

    @sees(TaskLeased)
    def on_leased(self, event: TaskLeased, index: int) -> None:
        self.tested += 1
        task = (event.conversation, event.seq)
        if self._open.get(task, 0) < 1:
            self.violated(
                f"{event.worker} got a task of {event.conversation} {event.seq}, of which none was open",
                self._ended.get(task),
                index,
            )
