"""The durable delivery queue (C6): one node is one partition, a log of tasks that workers lease.

Promise kept here: a task that was published is leased again and again until a worker completes it or it is set aside
as a dead letter, with an alert (D10). What may fail: leases are volatile, a publish or a completion without an answer
may have happened. So tasks come at least once.

Requirements: C6, P4.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from model.component import Component
from model.content import Message
from model.decisions import Index, Micros, decision, setting
from model.events import (
    DeadLettered,
    Enqueued,
    LagAlarm,
    LagCleared,
    LeaseExpired,
    TaskClosed,
    TaskLeased,
    TaskReleased,
)
from model.wire.base import Wire
from model.wire.delivery import Complete, Done, Lease, LeaseRequest, Publish, Published, Release
from model.wire.store import DeadLetter, Recorded
from sim.network import Call
from sim.node import Unknown
from sim.state import Marks, only_looks


@dataclass(slots=True)
class Task:
    """A durable entry: one message to deliver, and how often it was leased."""

    marks = Marks(aside="offset since")

    offset: int
    message: Message
    attempts: int
    user: str = ""
    """For whom it is; '' for every recipient."""
    reported: bool = False
    """Of a dead letter: whether the store knows of it."""
    since: int = 0
    """Since when it waits for a worker, in µs of the queue's uptime."""


@dataclass(slots=True)
class Leased:
    """A worker's exclusive, temporary claim on a task. Volatile."""

    marks = Marks(aside="token")

    token: int
    task: Task
    worker: str


class DeliveryQueue(Component):
    """One partition of the delivery queue. Tasks, attempts and dead letters are durable; leases and waiting polls are not."""

    kind: ClassVar[str] = "queue"
    receives: ClassVar[dict[type, str]] = {
        Publish: "on_publish",
        LeaseRequest: "on_lease_request",
        Complete: "on_complete",
        Release: "on_release",
    }
    served: ClassVar[dict[type[Wire], str]] = dict.fromkeys((Publish, LeaseRequest, Complete, Release), "service_time")
    points: ClassVar[tuple[str, ...]] = ("enqueued", "leased")
    marks = Marks(
        durable="tasks dead_letters",
        volatile="_visible _leases _polls _alarmed",
        aside="_next_offset _next_token _next_poll _poll_numbers _minding",
    )

    service_time = setting(100, unit="µs", why="For how long an operation keeps a server of the partition busy.")
    concurrency = setting(8, unit="operations", why="How many operations a partition works on at once.")
    visibility_timeout = setting(
        30_000_000,
        unit="µs",
        why="How long a worker may hold a task before another may take it.",
        source="SQS: visibility timeout 30 s",
    )
    poll_timeout = setting(
        20_000_000,
        unit="µs",
        why="How long a poll waits for a task before it is answered empty-handed.",
        source="SQS: long polling waits 20 s at most",
    )
    max_attempts = setting(
        20,
        unit="leases",
        why="After so many leases a task is set aside as a dead letter, so that one task can't keep the workers busy.",
    )

    lag_limit = setting(
        5_000_000, unit="µs", why="A task that waits for longer raises an alarm: workers don't keep up."
    )
    report_timeout = setting(
        1_000_000, unit="µs", why="After this the store is told of a dead letter again, and after the same pause."
    )

    def install(self) -> None:
        self.tasks: dict[int, Task] = {}
        self.dead_letters: dict[int, Task] = {}
        self._next_offset = 1
        self._next_token = 1

    def boot(self) -> None:
        self._visible: deque[int] = deque(self.tasks)
        self._leases: dict[int, Leased] = {}
        self._polls: deque[tuple[LeaseRequest, Call, int]] = deque()
        self._poll_numbers: set[int] = set()
        self._next_poll = 1
        self._alarmed = False
        self._minding = False
        for task in self.tasks.values():
            task.since = self.uptime
        self._mind_lag()
        for task in self.dead_letters.values():
            if not task.reported:
                self._report(task)

    def comparable(self) -> dict[str, Any]:
        """Return the state without running numbers, answered polls, and which worker's poll is the first in line."""
        waiting = frozenset(request.worker for request, _, number in self._polls if number in self._poll_numbers)
        tables = {name: getattr(self, name).values() for name in ("tasks", "dead_letters", "_leases")}
        return {**super().comparable(), **tables, "_polls": waiting}

    # --- decisions -------------------------------------------------------------------------------------------------

    @decision
    def gives_up(self, attempts: int) -> bool:
        """Whether a task that was leased so often becomes a dead letter instead of being leased once more (C6).

        Delivery does not rest on it: a device that is online learns of what it lacks from the next digest, and one
        that is not, from its next sync.

        Variant::

            def gives_up(self, attempts):
                return attempts >= 1
        """
        return attempts >= self.max_attempts

    @decision
    def keeps_dead_letters(self) -> bool:
        """Whether a task that is given up is kept aside, with an alert (D10), or just forgotten.

        Variant::

            def keeps_dead_letters(self):
                return False
        """
        return True

    @decision
    def after_expiry(self, attempts: Index) -> Literal["last", "first", "gone"]:
        """What becomes of a task whose lease has expired, after so many leases (C6, P4): it is given out again, as the 'last'.

        Nobody knows how far its worker came, so it is done once more, and devices dedupe. As the 'first' it would be in the way
        of the others, if it is the task that kills its workers. One that is 'gone' is as good as done, and nobody has done it.

        Variant::

            def after_expiry(self, attempts):
                return "gone"
        """
        return "last"

    @decision
    def completed_by(self, offset: Index) -> Sequence[Index]:
        """Which tasks are closed when a worker has completed the one at `offset` (C6, P4): that one alone.

        Workers have several tasks in their hands, and are done with a later one before an earlier one. Who takes what is
        completed for a position in the log loses the tasks before it with the worker that had them.

        Variant::

            def completed_by(self, offset):
                return [other for other in self.tasks if other <= offset]
        """
        return (offset,)

    @decision
    def raises_alarm(self, lag: Micros) -> bool:
        """Whether a task that has waited for `lag` µs raises an alarm (C6): if that is longer than `lag_limit`.

        Delivery goes on, only later; who runs the system has to know, and may add workers. It is over when the task that
        has waited longest has waited for half of that.

        Variant::

            def raises_alarm(self, lag):
                return False
        """
        return lag >= self.lag_limit

    # --- producers -------------------------------------------------------------------------------------------------

    def on_publish(self, publish: Publish, call: Call) -> None:
        message = publish.message
        for user in publish.users or ("",):
            task = Task(self._next_offset, message, 0, user)
            self._next_offset += 1
            self.tasks[task.offset] = task
            self.count("task published", 1, message.bytes)
            self.emit(Enqueued, message.conversation, message.seq, publish.by, task.offset, user)
            self._show(task)
        self.point("enqueued", self._published, call)

    def _published(self, call: Call) -> None:
        self.reply(call, Published())
        self._match()

    # --- consumers -------------------------------------------------------------------------------------------------

    def on_lease_request(self, request: LeaseRequest, call: Call) -> None:
        number = self._next_poll
        self._next_poll += 1
        self._polls.append((request, call, number))
        self._poll_numbers.add(number)
        self.after(self.poll_timeout, self._poll_expired, (call, number))
        self._match()

    @only_looks
    def _poll_expired(self, poll: tuple[Call, int]) -> None:
        call, number = poll
        if number in self._poll_numbers:
            self._poll_numbers.discard(number)
            self.reply(call, Lease(None, 0, 0))

    def _match(self) -> None:
        self._give_out()
        if self._visible or self._alarmed:
            self._mind_lag()

    def _show(self, task: Task) -> None:
        task.since = self.uptime
        self._visible.append(task.offset)

    def _mind_lag(self) -> None:
        """Ends the alarm when it is over, and sees to it that somebody looks when the oldest task has waited too long."""
        visible = self._visible
        while visible and visible[0] not in self.tasks:
            visible.popleft()
        lag = self.uptime - self.tasks[visible[0]].since if visible else 0
        if self._alarmed and lag <= self.lag_limit // 2:
            self._alarmed = False
            self.emit(LagCleared, len(visible))
        if visible and not self._alarmed and not self._minding:
            self._minding = True
            self.after(max(1, self.lag_limit - lag), self._look_for_lag)

    @only_looks
    def _look_for_lag(self, _: None) -> None:
        self._minding = False
        oldest = next((self.tasks[offset] for offset in self._visible if offset in self.tasks), None)
        if oldest is None:
            return
        lag = self.uptime - oldest.since
        if self.raises_alarm(lag):
            self._alarmed = True
            self.emit(LagAlarm, lag, len(self._visible))
        elif lag < self.lag_limit:
            self._mind_lag()

    def _give_out(self) -> None:
        """Gives visible tasks to waiting polls, oldest first on both sides."""
        while self._visible and self._polls:
            request, call, number = self._polls.popleft()
            if number not in self._poll_numbers:
                continue  # it was answered empty-handed
            task = self._next_task()
            if task is None:
                self._polls.appendleft((request, call, number))
                return
            self._poll_numbers.discard(number)
            task.attempts += 1
            lease = Leased(self._next_token, task, request.worker)
            self._next_token += 1
            self._leases[lease.token] = lease
            message = task.message
            self.count("task leased", 1, message.bytes)
            waiting = len(self._visible)
            self.emit(
                TaskLeased,
                message.conversation,
                message.seq,
                request.worker,
                task.attempts,
                waiting,
                task.offset,
                task.user,
            )
            self.after(self.visibility_timeout, self._lease_expired, lease)
            self.point("leased", self._leased, (call, Lease(message, lease.token, task.attempts, task.user)))
            if not self.life.running:
                return

    def _leased(self, answer: tuple[Call, Lease]) -> None:
        self.reply(*answer)

    def _next_task(self) -> Task | None:
        while self._visible:
            task = self.tasks.get(self._visible.popleft())
            if task is None:
                continue
            if not self.gives_up(task.attempts):
                return task
            del self.tasks[task.offset]
            if self.keeps_dead_letters():
                self.dead_letters[task.offset] = task
                self._report(task)
                self.emit(
                    DeadLettered, task.message.conversation, task.message.seq, task.attempts, task.offset, task.user
                )
        return None

    def _report(self, task: Task) -> None:
        """Tells the store of a dead letter, until it knows: inboxes may lack what this task was to write there."""
        letter = DeadLetter(task.message.conversation, task.message.seq, task.user)
        self.ask_store(self.directory.store_for(letter.conversation), letter, self.report_timeout, self._reported, task)

    def _reported(self, answer: Recorded | Unknown, task: Task) -> None:
        if isinstance(answer, Recorded):
            task.reported = True
        else:
            self.after(self.report_timeout, self._report, task)

    @only_looks
    def _lease_expired(self, lease: Leased) -> None:
        if self._leases.pop(lease.token, None) is not None:
            message = lease.task.message
            self.emit(LeaseExpired, message.conversation, message.seq, lease.worker, lease.task.offset)
            where = self.after_expiry(lease.task.attempts)
            if where == "gone":
                self.tasks.pop(lease.task.offset, None)
                return
            self._show(lease.task)
            if where == "first":
                self._visible.rotate(1)
            self._match()

    def expire_leases(self) -> None:
        """Ends every lease now, as if its time were over: a fault."""
        for lease in list(self._leases.values()):
            self._lease_expired(lease)

    def on_complete(self, complete: Complete, call: Call) -> None:
        lease = self._leases.pop(complete.token, None)
        if lease is not None and lease.worker == complete.worker:
            for offset in self.completed_by(lease.task.offset):
                self._close(offset, complete.worker)
        self.reply(call, Done())

    def _close(self, offset: int, worker: str) -> None:
        task = self.tasks.pop(offset, None)
        if task is not None:
            self.count("task closed", 1, 0)
            self.emit(TaskClosed, task.message.conversation, task.message.seq, worker, offset, task.user)

    def on_release(self, release: Release, call: Call) -> None:
        lease = self._leases.pop(release.token, None)
        if lease is not None and lease.worker == release.worker:
            message = lease.task.message
            self.count("task released", 1, 0)
            self.emit(TaskReleased, message.conversation, message.seq, release.worker, release.delay, lease.task.offset)
            self.after(release.delay, self._visible_again, lease.task.offset)
        self.reply(call, Done())

    def _visible_again(self, offset: int) -> None:
        if offset in self.tasks:
            self._show(self.tasks[offset])
            self._match()
