"""Reading: marks, badges and receipts say what is so.

    1. read up to 9 on the phone, the laptop's older mark of 5 arrives later: the mark must not fall back
    2. 'read' is shown to the sender before the message was on any screen
    3. the badge counts own messages, or what was read elsewhere, or goes below zero

Requirements: P6, P9, P10, G4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from model.events import (
    BlockStored,
    DeviceReturned,
    DeviceStuck,
    MemberJoined,
    MemberLeft,
    Persisted,
    ReadMarkMoved,
    ReadStored,
    ReceiptsShown,
    RowsRemoved,
    Shown,
    Slept,
    UnreadShown,
    Wiped,
)
from properties.access import OPEN
from properties.base import Debt, Liveness, Property, Violation, sees
from properties.conversation import Held, Log
from properties.ledger import HOLDINGS, LIVES, ROWS, TURNS, Ledger
from sim.history import Crashed


class ReadMarksOnlyMoveForward(Property):
    """What a user has read stays read, in the store and on each device.

    Proof of a violation: a ReadStored or ReadMarkMoved below an earlier one of the same user, or installation of a device,
    and conversation.
    """

    name: ClassVar[str] = "read-marks-only-move-forward"
    family: ClassVar[str] = "receipts and unread"
    anomalies: ClassVar[tuple[str, ...]] = ("receipt regression", "resurrection")
    optional = (ReadStored,)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._last: dict[tuple[str, str, str], tuple[int, int]] = {}

    @sees(ReadStored, ReadMarkMoved)
    def on_mark(self, event: ReadStored | ReadMarkMoved, index: int) -> None:
        self.tested += 1
        whose = event.user if isinstance(event, ReadStored) else event.device
        which = (type(event).__name__, whose, event.conversation)
        to, before = self._last.get(which, (0, -1))
        if event.to < to:
            self.violated(
                f"{whose}'s read mark of {event.conversation} went back from {to} to {event.to}", before, index
            )
        self._last[which] = (event.to, index)

    @sees(Wiped)
    def on_wiped(self, event: Wiped, index: int) -> None:
        for held in self.ledger.renewed:
            self._last.pop((ReadMarkMoved.__name__, event.device, held.log.name), None)


class ReadWasShown(Property):
    """A message counts as read only after a device of that user has shown it.

    Proof of a violation: a ReadStored beyond what any device of the user, in any installation, has shown of the conversation.
    """

    name: ClassVar[str] = "read-was-shown"
    family: ClassVar[str] = "receipts and unread"
    anomalies: ClassVar[tuple[str, ...]] = ("phantom receipt",)
    rests_on = (Shown, *LIVES, *TURNS)

    @sees(ReadStored)
    def on_read(self, event: ReadStored, index: int) -> None:
        self.tested += 1
        held = self.ledger.held
        shown = max(
            (one.shown for device in self.ledger.devices_of.get(event.user, ()) if (device, event.conversation) in held
             for one in held[device, event.conversation].installations()),
            default=0,
        )  # fmt: skip
        if event.to > shown:
            self.violated(
                f"{event.user} counts as having read {event.conversation} up to {event.to}, but was shown only up to {shown}",
                index,
            )


_NONE = OPEN + 1
"""Above every seq: the least of none."""


class ReceiptsAreTrue(Property):
    """'Delivered' and 'read' are shown of what is delivered and read.

    Proof of a violation: a ReceiptsShown whose seq is beyond what the devices of the other members hold (of the best of
    them, of all of them), or beyond what all other members' stored read marks say, and never was less. Nobody owes what
    was said before the membership. What a device held until it was wiped was delivered to it; what was there while a device
    was stuck is delivered to all without it. Looks at all members only when a receipt rises.
    """

    name: ClassVar[str] = "receipts-are-true"
    family: ClassVar[str] = "receipts and unread"
    anomalies: ClassVar[tuple[str, ...]] = ("phantom receipt",)
    rests_on = (*ROWS, *HOLDINGS)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._read: dict[str, dict[str, int]] = {}
        """By conversation and user."""
        self._so: dict[tuple[str, str], tuple[int, int, int]] = {}
        """What was once so, by user and conversation: members come and go, and it stays true that it was."""
        self._excused: dict[tuple[str, str], int] = {}
        """By device and conversation: up to which seq 'to all' was said without it, because it was stuck."""

    @sees(DeviceStuck)
    def on_stuck(self, event: DeviceStuck, index: int) -> None:
        self._excused[event.device, event.conversation] = OPEN

    @sees(DeviceReturned)
    def on_returned(self, event: DeviceReturned, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        if log is not None and self._excused.get((event.device, event.conversation)) == OPEN:
            self._excused[event.device, event.conversation] = log.head

    @sees(ReadStored)
    def on_read(self, event: ReadStored, index: int) -> None:
        self._read.setdefault(event.conversation, {})[event.user] = event.to

    @sees(ReceiptsShown)
    def on_receipts(self, event: ReceiptsShown, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        if log is None:
            return
        self.tested += 1
        me = self.ledger.user_of.get(event.device, "")
        to_one, to_all, read = so = self._so.get((me, log.name)) or (log.base, log.base, log.base)
        if event.to_one <= to_one and event.to_all <= to_all and event.read <= read:
            return
        now = self._truth(log, me)
        so = self._so[me, log.name] = (max(to_one, now[0]), max(to_all, now[1]), max(read, now[2]))
        claims = (event.to_one, event.to_all, event.read)
        for what, claimed, known in zip(("to one device", "to all", "as read"), claims, so, strict=True):
            if claimed > known:
                self.violated(f"{event.device} shows {log.name} up to {claimed} {what}, but it is only {known}", index)

    def _truth(self, log: Log, me: str) -> tuple[int, int, int]:
        """How far any other device ever held the conversation, all of them hold it now, and all others have read it."""
        name, excused, ever, held = log.name, self._excused, 0, _NONE
        for each in log.everyone:
            access = each.access
            if access.user != me:
                upto = each.upto if each.older is None else each.ever()
                if upto < access.joined_at:
                    upto = access.joined_at - 1
                if upto > ever:
                    ever = upto
                if access.member:
                    if excused and upto < held:
                        upto = max(upto, excused.get((each.device, name), 0))
                    if upto < held:
                        held = upto
        marks, base, access_of, read = self._read.get(name, {}), log.base, log.access, _NONE
        for user in log.members:
            if user != me:
                mark, before = marks.get(user, base), access_of[user].joined_at - 1
                read = min(read, mark if mark > before else before)
        head = log.head
        return ever, head if held == _NONE else held, head if read == _NONE else read


_NOTHING_SHOWN = (0, 0, 0, -1)


class ReceiptsOnlyMoveForward(Property):
    """What was shown as delivered or read stays so.

    Proof of a violation: a ReceiptsShown with less than an earlier one of the same device and conversation in the same life
    of the app.
    """

    name: ClassVar[str] = "receipts-only-move-forward"
    family: ClassVar[str] = "receipts and unread"
    anomalies: ClassVar[tuple[str, ...]] = ("receipt regression",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._last: dict[str, dict[str, tuple[int, int, int, int]]] = {}
        """By device and conversation: what was shown last, and the event."""

    @sees(ReceiptsShown)
    def on_receipts(self, event: ReceiptsShown, index: int) -> None:
        self.tested += 1
        last = self._last.get(event.device)
        if last is None:
            last = self._last[event.device] = {}
        to_one, to_all, read, seen = last.get(event.conversation, _NOTHING_SHOWN)
        if event.to_one < to_one or event.to_all < to_all or event.read < read:
            self.violated(
                f"{event.device} showed {event.conversation} as delivered to one, to all and read up to "
                f"{(to_one, to_all, read)}, and then up to {(event.to_one, event.to_all, event.read)}",
                seen,
                index,
            )
        last[event.conversation] = (event.to_one, event.to_all, event.read, index)

    @sees(Crashed, Slept, Wiped)
    def on_end(self, event: Crashed | Slept | Wiped, index: int) -> None:
        """Receipts are not kept over a restart of the app: they come again with the first digest."""
        self._last.pop(event.node, None)


class _Reading:
    """The truth about one user in one conversation: the stored mark, and how many messages of others lie above it.

    `since` is the seq of the row that made the user a member, or `OPEN` for who is none.
    """

    __slots__ = ("mark", "since", "unread")

    def __init__(self, mark: int, since: int) -> None:
        self.mark = mark
        self.since = since
        self.unread = 0


_NO_BADGE = (0, -1)
"""What a device shows as long as it has shown no badge, and the index of the event that says so."""


class BadgesAreRight(Liveness):
    """After healing, the badge of every device is the number of others' messages above the user's stored read mark.

    Joins and leaves are no messages, and what a blocked user writes is none. A conversation that the user has left has no
    badge; one that the user came back to counts from the return. What policy has removed counts only where it is still there. A
    badge below zero is a violation at once. Owed by each device whose last UnreadShown is another number.
    """

    name: ClassVar[str] = "badges-are-right"
    family: ClassVar[str] = "receipts and unread"
    anomalies: ClassVar[tuple[str, ...]] = ("unread divergence: negative, ghost",)
    rests_on = (BlockStored,)
    optional = (RowsRemoved,)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._truth: dict[tuple[str, str], _Reading] = {}
        self._of: dict[Held, _Reading] = {}
        self._badge: dict[Held, tuple[int, int]] = {}
        self._wrong: dict[Held, None] = {}
        self._senders: dict[tuple[str, int], str] = {}

    def _reading(self, user: str, log: Log) -> _Reading:
        found = self._truth.get((user, log.name))
        if found is None:
            found = self._truth[user, log.name] = _Reading(log.base, 0)
        return found

    def _compare(self, held: Held) -> None:
        reading = self._of.get(held)
        if reading is None:
            reading = self._of[held] = self._reading(self.ledger.user_of[held.device], held.log)
        badge = self._badge.get(held, _NO_BADGE)[0]
        if badge != reading.unread and not (held.log.removed and self._removed_make_up_for(held, reading, badge)):
            self._wrong[held] = None
        elif held in self._wrong:
            del self._wrong[held]

    def _removed_make_up_for(self, held: Held, reading: _Reading, badge: int) -> bool:
        """Whether it is for rows that policy has removed that a badge is too low: who has no such row can't count it."""
        log = held.log
        if not 0 <= badge < reading.unread:
            return False
        user, after = held.access.user, max(reading.mark, reading.since, log.removed)
        return badge >= sum(
            self._senders.get((log.name, seq), user) != user and user not in log.hidden.get(seq, ())
            for seq in log.seqs(after + 1, log.head)
        )

    @sees(RowsRemoved)
    def on_removed(self, event: RowsRemoved, _: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        for held in log.devices if log is not None else ():
            self._compare(held)

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        if log is None or log.rows[event.seq][1] != index:
            return
        self.tested += 1
        if event.kind:
            return
        sender, seq = event.sender, event.seq
        self._senders[event.conversation, seq] = sender
        hidden = log.hidden.get(seq, ())
        for user in log.members:
            if user != sender and user not in hidden:
                reading = self._reading(user, log)
                if seq > reading.mark:
                    reading.unread += 1
        for held in log.devices:
            self._compare(held)

    @sees(MemberJoined, MemberLeft)
    def on_membership(self, event: MemberJoined | MemberLeft, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        if log is None:
            return
        reading = self._reading(event.user, log)
        reading.since = event.seq if isinstance(event, MemberJoined) else OPEN
        reading.unread = 0
        self._of_user(event.user, log)
        self._of_user(event.user, log)

    def _of_user(self, user: str, log: Log) -> None:
        """Only this user's truth has changed: a group of thousands reads a message thousands of times."""
        for device in self.ledger.devices_of.get(user, ()):
            held = self.ledger.held.get((device, log.name))
            if held is not None:
                self._compare(held)

    @sees(ReadStored)
    def on_read(self, event: ReadStored, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        if log is None:
            return
        reading = self._reading(event.user, log)
        for seq in log.seqs(max(reading.mark, reading.since) + 1, event.to):
            hidden = event.user in log.hidden.get(seq, ())
            if self._senders.get((log.name, seq), event.user) != event.user and not hidden:
                reading.unread -= 1
        reading.mark = max(reading.mark, event.to)
        self._of_user(event.user, log)

    @sees(Wiped)
    def on_wiped(self, event: Wiped, index: int) -> None:
        for held in self.ledger.renewed:
            assert held.older is not None
            self._wrong.pop(held.older, None)
            self._badge.pop(held.older, None)
            self._compare(held)

    @sees(UnreadShown)
    def on_badge(self, event: UnreadShown, index: int) -> None:
        if event.unread < 0:
            self.violated(f"{event.device} shows {event.unread} unread messages in {event.conversation}", index)
        held = self.ledger.held.get((event.device, event.conversation))
        if held is not None:
            self._badge[held] = (event.unread, index)
            self._compare(held)

    def owed(self) -> int:
        return len(self._wrong)

    def missing(self) -> Iterator[Debt]:
        for held in self._wrong:
            user = self.ledger.user_of[held.device]
            truth = self._reading(user, held.log).unread
            badge, index = self._badge.get(held, _NO_BADGE)
            what = f"{held.device} shows {badge} unread in {held.log.name}, there are {truth}"
            yield Debt(what, (index,), held.device, held.log.name)


class ReadMarksConverge(Liveness):
    """After healing, every device of a user and the store have the same read mark.

    Owed by each device whose last ReadMarkMoved is not the user's last ReadStored.
    """

    name: ClassVar[str] = "read-marks-converge"
    family: ClassVar[str] = "receipts and unread"
    anomalies: ClassVar[tuple[str, ...]] = ("unread divergence: negative, ghost", "non-convergence")
    rests_on = TURNS

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._stored: dict[tuple[str, str], int] = {}
        self._mark: dict[Held, int] = {}
        self._behind: dict[Held, None] = {}

    def _compare(self, held: Held) -> None:
        stored = self._of_user(held)
        if self._mark.get(held, self._first(held)) == stored:
            self._behind.pop(held, None)
        else:
            self._behind[held] = None

    def _of_user(self, held: Held) -> int:
        """The mark of the device's user in the store."""
        log, user = held.log, held.access.user
        return self._stored.get((user, log.name), log.base if user in log.began else 0)

    def _first(self, held: Held) -> int:
        """The mark with which a device begins: 0, if it was wiped or its user came later."""
        return held.log.base if held.older is None and held.access.user in held.log.began else 0

    @sees(ReadStored)
    def on_stored(self, event: ReadStored, index: int) -> None:
        self.tested += 1
        self._stored[event.user, event.conversation] = event.to
        for device in self.ledger.devices_of.get(event.user, ()):
            held = self.ledger.held.get((device, event.conversation))
            if held is not None:
                self._compare(held)

    @sees(ReadMarkMoved)
    def on_mark(self, event: ReadMarkMoved, index: int) -> None:
        held = self.ledger.held.get((event.device, event.conversation))
        if held is not None:
            self._mark[held] = event.to
            self._compare(held)

    @sees(Wiped)
    def on_wiped(self, event: Wiped, index: int) -> None:
        for held in self.ledger.renewed:
            assert held.older is not None
            self._behind.pop(held.older, None)
            self._mark.pop(held.older, None)
            self._compare(held)

    def owed(self) -> int:
        return len(self._behind)

    def missing(self) -> Iterator[Debt]:
        for held in self._behind:
            stored = self._of_user(held)
            mark = self._mark.get(held, self._first(held))
            what = f"{held.device} has {held.log.name} read up to {mark}, the store up to {stored}"
            yield Debt(what, (), held.device, held.log.name)
