"""Backlog: what waits in a queue is served as long as somebody is there to do it, so that no lag grows by itself.

A queue whose workers keep up in calm has no task that waits while a worker has room. One that falls behind although its workers
have room falls behind for good: what comes in is more than what goes out, and nothing in the load says so. Room is what a worker
has shown: as many tasks as it has had in its hands at once.

    1. a worker loses a slot with each task that is tried again, until it takes none any more
    2. one task that can't be delivered blocks its partition: everything behind it waits
    3. a worker's poll is lost, and it waits for the answer for ever

Requirements: C6, C7, P22, P4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import (
    DeadLettered,
    Enqueued,
    LeaseExpired,
    LineJoined,
    LineLeft,
    TaskClosed,
    TaskLeased,
    TaskReleased,
    Woke,
)
from properties.base import Violation, sees
from properties.calm import InCalm
from properties.ledger import Ledger
from sim.history import Crashed, Paused, Restarted, Resumed


class _Worker:
    """What a worker has in its hands, and the most that it has had at once while all was well."""

    __slots__ = ("at_work", "hands", "most", "room")

    def __init__(self) -> None:
        self.hands: dict[tuple[str, int], None] = {}
        """By queue and task."""
        self.most = 1
        self.room = -1
        """Since when it has had room for more (µs), if it has."""
        self.at_work = -1
        """Until when (µs) it may be at work on what is no longer its own."""

    def has_room(self) -> bool:
        return len(self.hands) < self.most


class BacklogIsServed(InCalm):
    """No task waits in a queue for long while a worker of that queue has room for it.

    Proof of a violation: for `bound` a task waits (Enqueued, or its lease expired, and no TaskLeased), and all the while one and
    the same worker, which has been seen to take tasks of that queue, has fewer in its hands than it has had at once before. And
    all the while nothing disturbed the queue, the worker, or what passes between them, for `settles` before, and nobody waited
    for the queue itself. A worker whose lease has expired, or whose queue has crashed, may still be at work for `at_work`. A task
    that was given back waits from its next lease on: nobody says when its rest is over.
    """

    name: ClassVar[str] = "backlog-is-served"
    family: ClassVar[str] = "queue"
    anomalies: ClassVar[tuple[str, ...]] = ("stuck queue",)
    numbers = False

    bound: ClassVar[int] = 10_000_000
    """µs. A worker that has room asks at once, and is answered within milliseconds."""
    settles: ClassVar[int] = 60_000_000
    """µs: a poll whose answer was lost is given up after 25 s."""
    at_work: ClassVar[int] = 120_000_000
    """µs: three pushes with their time-outs, notifications and inbox rows, each with tries of its own."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._waiting: dict[str, dict[int, tuple[int, int]]] = {}
        """By queue and task that waits: since when (µs), and the event; the one that waits longest first."""
        self._open: dict[str, dict[int, int]] = {}
        """By queue: its tasks that have not ended, with the event that says that they are there."""
        self._holder: dict[tuple[str, int], str] = {}
        """By queue and task that is in somebody's hands: the worker."""
        self._workers: dict[str, _Worker] = {}
        self._of: dict[str, dict[str, int]] = {}
        """By queue: the workers that have taken tasks of it, with the event that says so last."""
        self._lined: dict[str, int] = {}
        """By queue: when somebody waited for the queue itself, last (µs)."""
        self._told: set[tuple[str, str]] = set()
        """The queues and workers that were told of."""

    # --- what waits --------------------------------------------------------------------------------------------------

    @sees(Enqueued)
    def on_enqueued(self, event: Enqueued, index: int) -> None:
        self._open.setdefault(event.node, {})[event.task] = index
        self._waiting.setdefault(event.node, {})[event.task] = (event.t, index)

    @sees(TaskLeased)
    def on_leased(self, event: TaskLeased, index: int) -> None:
        queue, worker = event.node, self._workers.setdefault(event.worker, _Worker())
        self._of.setdefault(queue, {})[event.worker] = index
        self._judge(queue, event.t, index)
        self._waiting.get(queue, {}).pop(event.task, None)
        worker.hands[queue, event.task] = None
        self._holder[queue, event.task] = event.worker
        since = self._undisturbed(event.worker, *dict.fromkeys([each for each, _ in worker.hands]))
        if since is not None and event.t >= since:
            self.tested += 1
            worker.most = max(worker.most, len(worker.hands))

    @sees(LeaseExpired, TaskReleased)
    def on_given_back(self, event: LeaseExpired | TaskReleased, index: int) -> None:
        self._let_go(event.node, event.task, event.t)
        if isinstance(event, LeaseExpired):
            self._workers.setdefault(event.worker, _Worker()).at_work = event.t + self.at_work
            if event.task in self._open.get(event.node, {}):
                self._waiting.setdefault(event.node, {})[event.task] = (event.t, index)

    @sees(TaskClosed, DeadLettered)
    def on_end(self, event: TaskClosed | DeadLettered, index: int) -> None:
        self._let_go(event.node, event.task, event.t)
        self._open.get(event.node, {}).pop(event.task, None)
        self._waiting.get(event.node, {}).pop(event.task, None)

    @sees(LineJoined, LineLeft)
    def on_line(self, event: LineJoined | LineLeft, index: int) -> None:
        if event.node in self._open:
            self._judge(event.node, event.t, index)
            self._lined[event.node] = event.t

    def _let_go(self, queue: str, task: int, t: int) -> None:
        """Nobody has a task in hand any more."""
        holder = self._workers.get(self._holder.pop((queue, task), ""))
        if holder is not None:
            full = not holder.has_room()
            del holder.hands[queue, task]
            if full:
                holder.room = t

    # --- who dies ----------------------------------------------------------------------------------------------------

    def on_stopped(self, event: Crashed | Paused, index: int) -> None:
        super().on_stopped(event, index)
        if isinstance(event, Paused):
            return
        worker = self._workers.get(event.node)
        if worker is not None:
            for held in worker.hands:
                del self._holder[held]
            worker.hands.clear()
            worker.at_work = -1
        for task in self._open.get(event.node, {}):
            holder = self._holder.get((event.node, task))
            if holder is not None:
                self._let_go(event.node, task, event.t)
                self._workers[holder].at_work = event.t + self.at_work

    def on_running(self, event: Restarted | Resumed | Woke, index: int) -> None:
        super().on_running(event, index)
        if isinstance(event, Restarted) and event.node in self._open:
            self._waiting[event.node] = {task: (event.t, told) for task, told in self._open[event.node].items()}

    # --- the judgement -----------------------------------------------------------------------------------------------

    def settle(self, t: int, index: int) -> None:
        for queue in self._of:
            self._judge(queue, t, index)

    def _undisturbed(self, *nodes: str) -> int | None:
        """From when on (µs) nothing that has disturbed these nodes counts any more; None: something does."""
        since = self.calm.since(*nodes)
        if since is None:
            return None
        lined = max(self._lined.get(node, -1) for node in nodes)
        since = max(since, lined)
        return since + self.settles if since >= 0 else 0

    def _judge(self, queue: str, t: int, index: int) -> None:
        waiting = self._waiting.get(queue)
        if not waiting:
            return
        task, (waits, enqueued) = next(iter(waiting.items()))
        if t - waits < self.bound:
            return
        for name, leased in self._of.get(queue, {}).items():
            worker = self._workers[name]
            since = self._undisturbed(queue, name) if worker.has_room() else None
            if since is None or t - max(waits, worker.room, worker.at_work, since) < self.bound:
                continue
            if (queue, name) not in self._told:
                self._told.add((queue, name))
                self.violated(
                    f"task {task} of {queue} has waited for {(t - waits) / 1e6:g} s, and {name} had room for it",
                    enqueued,
                    leased,
                    index,
                )
