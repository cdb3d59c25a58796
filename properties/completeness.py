"""Completeness: once everything is healed, everything that is owed is done within the bound.

All of these are liveness properties: what is owed when the bound after healing is over is the violation. Debts are
counted, so that asking whether any is left takes constant time.

Requirements: G1, G4, P1, P3, P4, P6, P7, V2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from model.events import (
    Connected,
    CursorMoved,
    CursorStored,
    DeadLettered,
    Disconnected,
    Enqueued,
    FillerPersisted,
    LoggedOut,
    MemberJoined,
    MemberLeft,
    Persisted,
    RowsRemoved,
    SendAccepted,
    SendRefused,
    SendRequested,
    Shown,
    Slept,
    TaskClosed,
    Wiped,
)
from properties.base import Debt, Liveness, Violation, sees
from properties.conversation import Held, Log
from properties.ledger import Ledger
from sim.history import Crashed


class EveryDeviceShowsEverything(Liveness):
    """After healing, every device of every member shows every message of the conversation, the sender's own included.

    Owed from the commit of a message on, by every device of every member at that place, until the device has shown it: by
    that message and that device alone, so that nothing that is shown elsewhere, or twice, or was never committed, pays
    for it.

        1. 1 to 3 are committed, a device shows 1 and 3: it owes 2, although it is at the head
        2. then it shows 2: out of order, which is another property's business; it owes nothing
        3. a device shows 2 before it is committed: it does not owe it afterwards
        4. a device is wiped: it owes everything anew, and what was there before the history begins, too

    What the store removes by its policy is owed no more. A wipe takes as long as the conversations of the device are, a removal
    as long as all of them are on all devices; any other event constant time.
    """

    name: ClassVar[str] = "every-device-shows-everything"
    family: ClassVar[str] = "completeness"
    anomalies: ClassVar[tuple[str, ...]] = ("non-convergence", "permanent gap", "read your writes")
    optional = (RowsRemoved,)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._owed = 0
        self._early: dict[tuple[str, int], dict[Held, None]] = {}
        """Which devices showed something at a seq before anything was committed there."""

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        if log is not None and log.fresh:
            self.tested += 1
            early = self._early.pop((log.name, event.seq), None)
            paid = sum(1 for held in early if held.access.member) if early else 0
            self._owed += len(log.devices) - paid

    @sees(MemberJoined)
    def on_joined(self, event: MemberJoined, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        for held, _ in log.changed if log else ():
            self._owed += self._unseen(held, event.reads_from, event.seq)

    @sees(MemberLeft)
    def on_left(self, event: MemberLeft, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        for held, target in log.changed if log else ():
            self._owed -= self._unseen(held, event.reads_to + 1, target)

    def _unseen(self, held: Held, first: int, last: int) -> int:
        """How many messages from `first` to `last` the device has not shown."""
        return sum(1 for seq in held.log.seqs(first, last) if _is_message(held, seq) and not held.has_shown(seq))

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        held = self.ledger.here
        seq = event.seq
        if held is None or seq <= held.seen or seq in held.apart:
            return
        log = held.log
        if seq not in log.rows and seq > log.base:
            self._early.setdefault((log.name, seq), {})[held] = None
        elif held.access.reads(seq) and _is_message(held, seq):
            self._owed -= 1

    @sees(RowsRemoved)
    def on_removed(self, event: RowsRemoved, index: int) -> None:
        """Counts anew: nobody owes what the store has removed."""
        everybody = self.ledger.held.values()
        self._owed = sum(not held.has_shown(seq) for held in everybody for seq in _places(held))

    @sees(Wiped)
    def on_wiped(self, event: Wiped, index: int) -> None:
        for held in self.ledger.renewed:
            old = held.older
            assert old is not None
            self._owed += sum(1 for seq in _places(held) if old.has_shown(seq) or not _is_message(old, seq))
            for early in self._early.values():
                early.pop(old, None)

    def owed(self) -> int:
        return self._owed

    def missing(self) -> Iterator[Debt]:
        for held in self.ledger.held.values():
            log = held.log
            owed = (seq for seq in _places(held) if not held.has_shown(seq))
            first = min(owed, default=0)
            if not first:
                continue
            if first > held.shown:
                what = f"shows {log.name} only up to {held.shown}, its head is {held.target()}"
            else:
                what = f"never showed {log.name} {first}, but {held.shown}"
            evidence = (log.rows[first][1],) if first in log.rows else ()
            yield Debt(f"{held.device} {what}", evidence, held.device, log.name)


def _is_message(held: Held, seq: int) -> bool:
    """Whether there is something to be shown at `seq`: what was there before only for a device that was wiped."""
    if seq <= held.log.removed:
        return False
    if seq <= held.log.base:
        return held.older is not None
    return seq in held.log.rows and seq not in held.log.fillers


def _places(held: Held) -> Iterator[int]:
    """The seqs of everything that the device has to show, in no order."""
    for seq in dict.fromkeys((*range(1, held.log.base + 1), *held.log.rows)):
        if _is_message(held, seq) and held.access.reads(seq):
            yield seq


class _CursorsReach(Liveness):
    """A cursor that follows each log on each device of a member, and has to reach its head, fillers included.

    Owed is the way from each cursor to its head, which for a user who left is the last row that was for that user. One
    that is ahead of its head, which is a violation elsewhere, owes nothing and pays for nobody else. A wiped device's
    cursor has the whole way before it.
    """

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._owed = 0
        self._ahead: dict[Held, None] = {}

    @sees(Persisted, FillerPersisted)
    def on_commit(self, event: Persisted | FillerPersisted, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        if log is not None and log.risen:
            self.tested += 1
            self._owed += log.risen * len(log.devices)
            if self._ahead:
                self._caught_up_with(log)

    def _caught_up_with(self, log: Log) -> None:
        """Cursors that were ahead of the log's head before it rose owe nothing of the way up to where they are."""
        before = log.head - log.risen
        for held in [held for held in self._ahead if held.log is log and held.access.member]:
            position = self.position(held)
            self._owed -= min(position, log.head) - before
            if position <= log.head:
                del self._ahead[held]

    @sees(MemberJoined, MemberLeft)
    def on_membership(self, event: MemberJoined | MemberLeft, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        for held, before in log.changed if log else ():
            position, now = self.position(held), held.target()
            self._owed += max(0, now - position) - max(0, before - position)
            if position > now:
                self._ahead[held] = None
            else:
                self._ahead.pop(held, None)

    @sees(Wiped)
    def on_wiped(self, event: Wiped, index: int) -> None:
        for held in self.ledger.renewed:
            old, head = held.older, held.target()
            assert old is not None
            self._owed += head - self.position(held) - max(0, head - self.position(old))
            self._ahead.pop(old, None)

    def passed(self, held: Held, to: int) -> None:
        """The cursor of `held` becomes `to`, ahead of its head; the ledger still has it where it was."""
        self._owed -= max(0, held.target() - self.position(held))
        self._ahead[held] = None

    def owed(self) -> int:
        return self._owed

    def position(self, held: Held) -> int:
        raise NotImplementedError

    def text(self, held: Held) -> str:
        raise NotImplementedError

    def missing(self) -> Iterator[Debt]:
        for held in self.ledger.held.values():
            position = self.position(held)
            if position < held.target():
                row = held.log.rows.get(held.access.skips.get(position, position) + 1)
                yield Debt(self.text(held), (row[1],) if row else (), held.device, held.log.name)


class DeviceCursorsReachTheHead(_CursorsReach):
    """After healing, every device's own cursor is at the head of each of its conversations."""

    name: ClassVar[str] = "device-cursors-reach-the-head"
    family: ClassVar[str] = "completeness"
    anomalies: ClassVar[tuple[str, ...]] = ("non-convergence", "stale cursor")

    @sees(CursorMoved)
    def on_cursor(self, event: CursorMoved, index: int) -> None:
        held, to = self.ledger.here, event.to
        if held is not None and to > held.cursor:
            if to <= held.target():
                self._owed -= to - held.cursor
            else:
                self.passed(held, to)

    def position(self, held: Held) -> int:
        return held.cursor

    def text(self, held: Held) -> str:
        return f"{held.device}'s cursor of {held.log.name} is {held.cursor}, its head is {held.target()}"


class StoredCursorsReachTheHead(_CursorsReach):
    """After healing, the store's cursor of every device is at the head of each of its conversations.

    Of a device that was wiped, that of its last installation: what the store has of an earlier one says nothing of it.
    """

    name: ClassVar[str] = "stored-cursors-reach-the-head"
    family: ClassVar[str] = "completeness"
    anomalies: ClassVar[tuple[str, ...]] = ("stale cursor",)

    @sees(CursorStored)
    def on_cursor(self, event: CursorStored, index: int) -> None:
        held, to = self.ledger.here, event.to
        if held is not None and held.newer is None and to > held.stored:
            if to <= held.target():
                self._owed -= to - held.stored
            else:
                self.passed(held, to)

    def position(self, held: Held) -> int:
        return held.stored

    def text(self, held: Held) -> str:
        return f"the store has {held.device} at {held.stored} in {held.log.name}, its head is {held.target()}"


class EverySendIsAnswered(Liveness):
    """After healing, every message that a person sent is accepted or finally refused, and the device knows it.

    Owed from the SendRequested on, until the device's SendAccepted or SendRefused of that send, or until the device is
    wiped: the outbox is gone with what waited in it. What is sent after the wipe is owed like everything else. In another
    system's history, what a device waits for that is away at the end is unknown: *not shown*. It is away from a Disconnected,
    Slept, Crashed or LoggedOut on until its next Connected.
    """

    name: ClassVar[str] = "every-send-is-answered"
    family: ClassVar[str] = "completeness"
    anomalies: ClassVar[tuple[str, ...]] = ("retry livelock",)
    optional = (Connected, Disconnected, Slept, Crashed, LoggedOut)
    numbers = False
    answers = True

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._open: dict[str, dict[str, tuple[str, int]]] = {}
        self._owed = 0
        self._away: dict[str, None] = {}

    def _add(self, device: str, by: int) -> None:
        if device not in self._away:
            self._owed += by

    @sees(SendRequested)
    def on_request(self, event: SendRequested, index: int) -> None:
        self.tested += 1
        sends = self._open.setdefault(event.device, {})
        self._add(event.device, event.send not in sends)
        sends[event.send] = (event.conversation, index)

    @sees(SendAccepted, SendRefused)
    def on_answer(self, event: SendAccepted | SendRefused, index: int) -> None:
        if self._open.get(event.device, {}).pop(event.send, None) is not None:
            self._add(event.device, -1)

    @sees(Wiped)
    def on_wiped(self, event: Wiped, index: int) -> None:
        self._add(event.device, -len(self._open.pop(event.device, ())))

    @sees(Disconnected, Slept, Crashed, LoggedOut)
    def on_away(self, event: Disconnected | Slept | Crashed | LoggedOut, index: int) -> None:
        device = event.node if isinstance(event, Crashed) else event.device
        if self.ledger.exported and device not in self._away:
            self._add(device, -len(self._open.get(device, ())))
            self._away[device] = None

    @sees(Connected)
    def on_connected(self, event: Connected, index: int) -> None:
        if event.device in self._away:
            del self._away[event.device]
            self._add(event.device, len(self._open.get(event.device, ())))

    def owed(self) -> int:
        return self._owed

    def missing(self) -> Iterator[Debt]:
        return self._debts(away=False)

    def out_of_sight(self) -> Iterator[Debt]:
        return self._debts(away=True)

    def _debts(self, *, away: bool) -> Iterator[Debt]:
        for device, sends in self._open.items():
            for send, (conversation, index) in sends.items():
                if (device in self._away) == away:
                    what = f"{device} still doesn't know what became of its send {send}"
                    yield Debt(what, (index,), device, conversation)


class EveryMessageIsPublished(Liveness):
    """After healing, every durable message has had its delivery task put into the queue.

    Owed from the commit on, until an Enqueued for that message. A sync hides what was never published from devices
    that come back; this does not.
    """

    name: ClassVar[str] = "every-message-is-published"
    family: ClassVar[str] = "completeness"
    anomalies: ClassVar[tuple[str, ...]] = ("stuck queue", "notification missing")

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._open: dict[tuple[str, int], int] = {}

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        self.tested += 1
        self._open[event.conversation, event.seq] = index

    @sees(Enqueued)
    def on_enqueued(self, event: Enqueued, index: int) -> None:
        self._open.pop((event.conversation, event.seq), None)

    def owed(self) -> int:
        return len(self._open)

    def missing(self) -> Iterator[Debt]:
        for (conversation, seq), index in self._open.items():
            what = f"{conversation} {seq} is durable, but no delivery task of it ever reached the queue"
            yield Debt(what, (index,), "", conversation)


class EveryTaskEnds(Liveness):
    """After healing, every delivery task is closed, or set aside as a dead letter.

    Owed from each Enqueued on, by the queue partition and the task's number there. A message may have several tasks (a
    retry, a relay, one for each recipient): each of them has to end.
    """

    name: ClassVar[str] = "every-task-ends"
    family: ClassVar[str] = "queue"
    anomalies: ClassVar[tuple[str, ...]] = ("stuck queue",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._open: dict[tuple[str, int], tuple[str, int, int]] = {}

    @sees(Enqueued)
    def on_enqueued(self, event: Enqueued, index: int) -> None:
        self.tested += 1
        self._open[event.node, event.task] = (event.conversation, event.seq, index)

    @sees(TaskClosed, DeadLettered)
    def on_end(self, event: TaskClosed | DeadLettered, index: int) -> None:
        self._open.pop((event.node, event.task), None)

    def owed(self) -> int:
        return len(self._open)

    def missing(self) -> Iterator[Debt]:
        for (queue, task), (conversation, seq, index) in self._open.items():
            what = f"task {task} of {queue}, of {conversation} {seq}, was neither closed nor set aside"
            yield Debt(what, (index,), "", conversation)
