"""Receipts and views: what was delivered, read and looked at reaches the screens that it is for.

    1. the store has it that Bob read it, and Alice's phone never says so
    2. Bob reads on the phone; the laptop goes on to show two unread messages
    3. Bob looks at the conversation, and the mark gets lost
    4. 'read by Carol' in a group in which only Bob has read it
    5. 'read by 120' in a group of 110

Requirements: P9, P10, V1.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, NamedTuple

from model.events import (
    Connected,
    ConversationOpened,
    CursorStored,
    DeviceRegistered,
    Disconnected,
    MemberJoined,
    MemberLeft,
    Persisted,
    ReadByShown,
    ReadMarkMoved,
    ReadStored,
    ReceiptCountsShown,
    ReceiptsShown,
    Slept,
    Viewed,
    Wiped,
)
from properties.base import Debt, Liveness, Property, Violation, sees
from properties.conversation import Log
from properties.ledger import TURNS, Ledger
from sim.history import Crashed, Ended, FaultEnded, FaultStarted, Healed

_WHAT = ("delivered to one device", "delivered to all", "read")
"""The names of what a ReceiptsShown says."""
_MARK = "own read mark"


_PLACE = {what: place for place, what in enumerate(_WHAT)}
_READ_BY = "read by "
_NONE = 1 << 60
"""Above every seq: the least of none."""
_Other = tuple[int, tuple[str, str], list[tuple[str, str]], str]


def _read_by(member: str) -> str:
    return f"{_READ_BY}{member}"


class _Sender:
    """A user's own messages in a conversation, in order, and what the user's devices show of them."""

    __slots__ = ("own", "read_by", "screen")

    def __init__(self) -> None:
        self.own: list[int] = []
        """Their seqs."""
        self.screen: dict[str, tuple[int, int, int]] = {}
        """By device: delivered to one device, to all, and read by all up to which seq."""
        self.read_by: dict[tuple[str, str], int] = {}
        """By device and other member: read up to which seq."""

    def newest(self, upto: int) -> int:
        """The newest own message up to a seq; 0 if there is none."""
        place = bisect_right(self.own, upto)
        return self.own[place - 1] if place else 0


class _Receipts(Property):
    """What is stored, and what the senders' devices show of it, in conversations that `are_judged`."""

    family: ClassVar[str] = "receipts and unread"
    rests_on = TURNS

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self.form: dict[str, str] = {}
        """By conversation that is judged: in which form it shows receipts."""
        self.senders: dict[str, dict[str, _Sender]] = {}
        """By conversation and user."""
        self._marks: dict[tuple[str, str], int] = {}
        self._cursors: dict[tuple[str, str], int] = {}
        self._highest: dict[str, int] = {}
        """By conversation that is judged: the highest cursor or mark that was stored."""
        self.unsettled: dict[str, None] = {}
        """Conversations in which what is due may be other than it was, without a cursor or mark that passed a message."""
        self._others: dict[tuple[str, str], list[_Other]] = {}
        """By user and conversation, of those that were asked for since anybody joined, left, or got a device."""
        self.fell: dict[str, None] = {}
        """Conversations in which a cursor or mark has ever gone back, so that less was due than before."""

    def are_judged(self, event: ConversationOpened) -> bool:
        raise NotImplementedError

    def pass_time(self, t: int) -> None:
        """Something of time `t`, in µs, is about to be seen."""

    def changed(self, conversation: str) -> None:
        """Something else may be due in a judged conversation, or shown."""

    def turned(self, conversation: str) -> None:
        """Somebody joined a judged conversation, or left it."""
        self.changed(conversation)

    def moved(self, event: CursorStored | ReadStored, which: tuple[str, str], low: int, high: int, index: int) -> None:
        """A cursor or mark in a judged conversation has moved between two places."""
        self.changed(event.conversation)

    @sees(ConversationOpened)
    def on_opened(self, event: ConversationOpened, _: int) -> None:
        if self.are_judged(event):
            self.form[event.conversation] = event.receipts
            self.senders[event.conversation] = {}

    @sees(Persisted)
    def on_persisted(self, event: Persisted, _: int) -> None:
        if event.conversation in self.form and not event.kind:
            senders = self.senders[event.conversation]
            sender = senders.get(event.sender)
            if sender is None:
                sender = senders[event.sender] = _Sender()
            insort(sender.own, event.seq)
            if event.seq <= self._highest.get(event.conversation, 0):
                self.changed(event.conversation)
                self.unsettled[event.conversation] = None

    @sees(CursorStored, ReadStored)
    def on_stored(self, event: CursorStored | ReadStored, index: int) -> None:
        conversation = event.conversation
        if conversation in self.form:
            self.pass_time(event.t)
            stored: dict[tuple[str, str], int]
            if isinstance(event, ReadStored):
                stored, which = self._marks, (event.user, conversation)
            else:
                stored, which = self._cursors, (event.device, conversation)
            before, to = stored.get(which, 0), event.to
            stored[which] = to
            if to > self._highest.get(conversation, 0):
                self._highest[conversation] = to
            if to < before:
                self.fell[conversation] = None
                before, to = to, before
            self.moved(event, which, before, to, index)

    @sees(DeviceRegistered)
    def on_registered(self, event: DeviceRegistered, _: int) -> None:
        self._others.clear()

    @sees(MemberJoined, MemberLeft)
    def on_membership(self, event: MemberJoined | MemberLeft, _: int) -> None:
        self._others.clear()
        if event.conversation in self.form:
            self.pass_time(event.t)
            self.turned(event.conversation)

    @sees(ReceiptsShown)
    def on_receipts(self, event: ReceiptsShown, _: int) -> None:
        sender = self._sender(event.device, event.conversation)
        if sender is not None:
            self.pass_time(event.t)
            sender.screen[event.device] = (event.to_one, event.to_all, event.read)
            self.changed(event.conversation)

    @sees(ReadByShown)
    def on_read_by(self, event: ReadByShown, _: int) -> None:
        sender = self._sender(event.device, event.conversation)
        if sender is not None:
            self.pass_time(event.t)
            sender.read_by[event.device, event.user] = event.to
            self.changed(event.conversation)

    def _sender(self, device: str, conversation: str) -> _Sender | None:
        senders = self.senders.get(conversation)
        if senders is None:
            return None
        user = self.ledger.user_of.get(device, "")
        sender = senders.get(user)
        if sender is None:
            sender = senders[user] = _Sender()
        return sender

    @sees(Slept, Crashed, Wiped)
    def on_screen_over(self, event: Slept | Crashed | Wiped, _: int) -> None:
        """What was on the screen of an app that ended is on no screen any more."""
        user = self.ledger.user_of.get(event.node)
        if user is None:
            return
        self.pass_time(event.t)
        for conversation, senders in self.senders.items():
            sender = senders.get(user)
            if sender is not None and event.node in sender.screen:
                del sender.screen[event.node]
                for which in [which for which in sender.read_by if which[0] == event.node]:
                    del sender.read_by[which]
                self.changed(conversation)

    @sees(Wiped)
    def on_wiped(self, event: Wiped, _: int) -> None:
        for held in self.ledger.renewed:
            if self._cursors.pop((event.device, held.log.name), None) is not None:
                self.changed(held.log.name)
                self.unsettled[held.log.name] = None
                self.fell[held.log.name] = None

    def due(self, log: Log, user: str) -> dict[str, int]:
        """What of a user's messages is stored as delivered and read, by its name, each up to which of them."""
        name, sender = log.name, self.senders[log.name][user]
        others = self._others_of(log, user)
        cursors, marks = self._cursors, self._marks
        to_one = 0
        to_all = read = _NONE
        per_person = self.form[name] == "per person"
        known: dict[str, int] = {}
        for before, which, devices, what in others:
            mark = marks.get(which, 0)
            if per_person:
                known[what] = mark
            read = min(read, max(before, mark))
            for device in devices:
                cursor = max(before, cursors.get(device, 0))
                to_one = max(to_one, cursor)
                to_all = min(to_all, cursor)
        stored = (to_one, to_all if to_all < _NONE else 0, read if read < _NONE else 0)
        every = (*zip(_WHAT, stored, strict=True), *known.items())
        return {what: sender.newest(upto) for what, upto in every}

    def _others_of(self, log: Log, user: str) -> list[_Other]:
        """As `_of_others`, and kept."""
        others = self._others.get((user, log.name))
        if others is None:
            others = self._others[user, log.name] = self._of_others(log, user)
        return others

    def _of_others(self, log: Log, user: str) -> list[_Other]:
        """The other members: up to where each has nothing, the keys of its mark and its cursors, and what its mark is called."""
        name, devices_of = log.name, self.ledger.devices_of
        return [
            (
                log.access[member].spans[-1][0] - 1,
                (member, name),
                [(device, name) for device in devices_of.get(member, ())],
                _read_by(member),
            )
            for member in log.members
            if member != user
        ]

    def shows(self, log: Log, user: str, device: str, what: str) -> int:
        """What a device shows of one of the names of `due`."""
        sender = self.senders[log.name][user]
        place = _PLACE.get(what)
        if place is None:
            return sender.read_by.get((device, what.removeprefix(_READ_BY)), 0)
        return sender.screen.get(device, (0, 0, 0))[place]

    def screen(self, log: Log, user: str, device: str) -> dict[str, int]:
        """What a device shows, by the names of `due`."""
        sender = self.senders[log.name][user]
        shown = dict(zip(_WHAT, sender.screen.get(device, (0, 0, 0)), strict=True))
        return shown | {_read_by(member): sender.read_by.get((device, member), 0) for member in log.members}


class ReceiptsAreShown(_Receipts, Liveness):
    """After healing, a sender's devices show of each message what is stored of it: delivered to one, to all, read, and by whom.

    By whom in a conversation that shows receipts per person; in one that shows counts, nothing of this is owed. Owed by each
    device of a member for the newest own message that the stored cursors and read marks of the other members have passed,
    if the device shows less in this life of its app. Nobody owes what was said before the membership.
    """

    name: ClassVar[str] = "receipts-are-shown"
    anomalies: ClassVar[tuple[str, ...]] = ("missing receipt", "non-convergence")

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._dirty: dict[str, None] = {}
        self._wrong: dict[str, dict[str, str]] = {}
        """By conversation and device: what it does not show."""
        self._asked: dict[tuple[str, str], None] = {}
        """The conversations and senders of which something was due: however often it is asked, they are as many."""

    def are_judged(self, event: ConversationOpened) -> bool:
        return event.receipts in ("per person", "pointers")

    def changed(self, conversation: str) -> None:
        self._dirty[conversation] = None

    def _compare(self) -> None:
        for name in self._dirty:
            log = self.ledger.logs[name]
            wrong = self._wrong[name] = {}
            for user in self.senders[name]:
                if user not in log.members:
                    continue
                due = self.due(log, user)
                if any(due.values()):
                    self._asked[name, user] = None
                for device in self.ledger.devices_of.get(user, ()):
                    screen = self.screen(log, user, device)
                    for what, upto in due.items():
                        if screen[what] < upto:
                            wrong[device] = f"{device} shows {name} {what} up to {screen[what]}, and its {upto} is"
        self.tested = len(self._asked)
        self._dirty.clear()

    def owed(self) -> int:
        self._compare()
        return sum(map(len, self._wrong.values()))

    def missing(self) -> Iterator[Debt]:
        self._compare()
        for conversation, devices in self._wrong.items():
            for device, what in devices.items():
                yield Debt(what, (), device, conversation)


class _Due(NamedTuple):
    """From `t` µs on, by the event `source`, a device has to show something up to `upto`: its name in `due`, or a mark."""

    t: int
    source: int
    conversation: str
    device: str
    which: str
    far: int


class _Level:
    """What is stored of all but one member, who sends: how far it goes, and who is the last that it waits for.

    The last ones are named by the keys of their cursor and their mark, each with how far they need not go: to where it does not
    concern them. One that has moved on since is no longer the last one.
    """

    __slots__ = ("last", "last_from", "read", "reader", "reader_from", "to_all", "to_one")

    def __init__(self) -> None:
        self.to_one = 0
        self.to_all = self.read = _NONE
        self.last = self.reader = ("", "")
        self.last_from = self.reader_from = 0


class ReceiptsComeInTime(_Receipts):
    """Where receipts are shown at once, they are on the connected sender's screen soon after they are stored.

    So is the user's own read mark on the user's other connected devices. Proof of a violation: a CursorStored or ReadStored
    by which a device has to show more, and no ReceiptsShown, ReadByShown or ReadMarkMoved of it in the `bound` after that.
    Judged where nothing disturbs it: no fault is on, none was within `calm` before, and nobody joins or leaves meanwhile; the
    device is connected from `connected` before it until the bound is over.
    """

    name: ClassVar[str] = "receipts-come-in-time"
    anomalies: ClassVar[tuple[str, ...]] = ("late receipt", "unread divergence: negative, ghost")
    absence: ClassVar[bool] = True

    bound: ClassVar[int] = 5_000_000
    """µs. Ten hops of a slow phone, and the gathering; a digest comes ten times later."""
    calm: ClassVar[int] = 60_000_000
    """µs: as long as the longest interval of heartbeats, which bring back what a fault has lost."""
    connected: ClassVar[int] = 5_000_000
    """µs: until then the registry has heard of a connection."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._was_due: dict[tuple[str, str], dict[str, int]] = {}
        self._levels: dict[str, dict[str, _Level]] = {}
        """By conversation and sender, as long as nothing else happens than that cursors and marks go forward."""
        self._authors: dict[str, dict[int, str]] = {}
        """By conversation and seq: who wrote it."""
        self._contested: dict[str, None] = {}
        """Conversations in which two were committed at one seq."""
        self._waiting: deque[_Due] = deque()
        self._since: dict[str, int] = {}
        self._mark: dict[tuple[str, str], int] = {}
        self._faults: dict[int, None] = {}
        self._disturbed = -self.calm

    def are_judged(self, event: ConversationOpened) -> bool:
        return event.live

    def on_persisted(self, event: Persisted, index: int) -> None:
        super().on_persisted(event, index)
        if event.conversation in self.form and not event.kind:
            author = self._authors.setdefault(event.conversation, {}).setdefault(event.seq, event.sender)
            if author != event.sender:
                self._contested[event.conversation] = None

    def on_registered(self, event: DeviceRegistered, index: int) -> None:
        super().on_registered(event, index)
        self._levels.clear()

    def turned(self, conversation: str) -> None:
        """What is due by a join or leave, without anything having moved, is not due at once; what was, may be so no longer."""
        self._levels.pop(conversation, None)
        self._waiting = deque(due for due in self._waiting if due.conversation != conversation)
        for _ in self._news(conversation, [*self.senders[conversation]]):
            pass

    def moved(self, event: CursorStored | ReadStored, which: tuple[str, str], low: int, high: int, index: int) -> None:
        """More may be due to those of whose messages one was passed."""
        conversation, unsettled = event.conversation, event.conversation in self.unsettled
        if unsettled or event.to < high:
            self._levels.pop(conversation, None)
        if unsettled:
            del self.unsettled[conversation]
            news = [*self._news(conversation, [*self.senders[conversation]])]
        else:
            news = [each for user in self._passed(conversation, low, high) for each in self._risen(user, event, which)]
        for user, what, upto in news:
            self._await(user, event.t, index, conversation, what, upto)

    def _passed(self, conversation: str, low: int, high: int) -> list[str]:
        """Those of whose messages one is above the one seq, and not above the other."""
        senders = self.senders[conversation]
        if not 0 <= high - low < len(senders) or conversation in self._contested:
            return [user for user, sender in senders.items() if sender.newest(high) > low]
        authors = self._authors.get(conversation, {})
        users = {authors[seq] for seq in range(low + 1, high + 1) if seq in authors}
        return [*users] if len(users) < 2 else [user for user in senders if user in users]

    def _risen(
        self, user: str, event: CursorStored | ReadStored, which: tuple[str, str]
    ) -> Sequence[tuple[str, str, int]]:
        """As `_news` to one user, by a cursor or mark that went forward."""
        conversation, log = event.conversation, self.ledger.logs[event.conversation]
        levels = self._levels.setdefault(conversation, {})
        level = levels.get(user)
        if level is None:
            return [*self._news(conversation, [user])]
        due, newest, to = self._was_due[user, conversation], self.senders[conversation][user].newest, event.to
        now: tuple[tuple[str, int], ...]
        if isinstance(event, CursorStored):
            member = self.ledger.user_of.get(event.device, "")
            if member == user or member not in log.members:
                return ()
            if max(level.last_from, self._cursors.get(level.last, 0)) != level.to_all:
                level = levels[user] = self._level(log, user)
            elif to > level.to_one:
                level.to_one = to
            else:
                return ()
            now = ((_WHAT[0], level.to_one), (_WHAT[1], level.to_all))
        else:
            member = event.user
            if member == user or member not in log.members:
                return ()
            if max(level.reader_from, self._marks.get(level.reader, 0)) != level.read:
                level = levels[user] = self._level(log, user)
            now = ((_WHAT[2], level.read),)
            if self.form[conversation] == "per person":
                now = (*now, (_read_by(member), to))
        risen = []
        for what, stored in now:
            upto, before = newest(stored) if stored < _NONE else 0, due.get(what, 0)
            if upto != before:
                due[what] = upto
            if upto > before:
                risen.append((user, what, upto))
        return risen

    def _level(self, log: Log, user: str) -> _Level:
        level, cursors = _Level(), self._cursors
        for before, which, devices, _ in self._others_of(log, user):
            mark = max(before, self._marks.get(which, 0))
            if mark < level.read:
                level.read, level.reader, level.reader_from = mark, which, before
            for device in devices:
                cursor = cursors.get(device, 0)
                if cursor < before:
                    cursor = before
                if cursor > level.to_one:
                    level.to_one = cursor
                if cursor < level.to_all:
                    level.to_all, level.last, level.last_from = cursor, device, before
        return level

    def pass_time(self, t: int) -> None:
        while self._waiting and t > self._waiting[0].t + self.bound:
            self._judge(self._waiting.popleft())

    def _news(self, conversation: str, users: Sequence[str]) -> Iterator[tuple[str, str, int]]:
        """What is due to these that was not due before: to whom, by its name in `due`, and up to where."""
        log, levels, marks = self.ledger.logs[conversation], self._levels.setdefault(conversation, {}), self._marks
        for user in users:
            before = self._was_due.get((user, conversation), {})
            level = levels[user] = self._level(log, user)
            newest = self.senders[conversation][user].newest
            due = {
                _WHAT[0]: newest(level.to_one),
                _WHAT[1]: newest(level.to_all) if level.to_all < _NONE else 0,
                _WHAT[2]: newest(level.read) if level.read < _NONE else 0,
            }
            if self.form[conversation] == "per person":
                for _, which, _, what in self._others_of(log, user):
                    due[what] = newest(marks.get(which, 0))
            self._was_due[user, conversation] = due
            for what, upto in due.items():
                if upto > before.get(what, 0):
                    yield user, what, upto

    def _await(self, user: str, t: int, source: int, conversation: str, which: str, far: int) -> None:
        """The user's devices have time to show something, from `t` (µs) on."""
        if user in self.ledger.logs[conversation].members and self._is_calm(t):
            for device in self.ledger.devices_of.get(user, ()):
                if self._was_connected(device, t):
                    self._waiting.append(_Due(t, source, conversation, device, which, far))

    def _is_calm(self, t: int) -> bool:
        return not self._faults and self._disturbed <= t - self.calm

    def _was_connected(self, device: str, t: int) -> bool:
        return self._since.get(device, t) <= t - self.connected

    def _judge(self, due: _Due) -> None:
        """Its time is over."""
        log, user = self.ledger.logs[due.conversation], self.ledger.user_of[due.device]
        if user not in log.members or not self._is_calm(due.t) or not self._was_connected(due.device, due.t):
            return
        what = due.which
        if what == _MARK:
            shown = self._mark.get((due.device, log.name), 0)
        elif log.name in self.fell and self.due(log, user).get(what, 0) < due.far:
            return  # who had it was wiped
        else:
            shown = self.shows(log, user, due.device, what)
        self.tested += 1
        if shown < due.far:
            self.violated(
                f"{due.device} shows {log.name} {what} up to {shown}, {self.bound / 1e6:g} s after it was {due.far}",
                due.source,
            )

    @sees(ReadStored)
    def on_own_mark(self, event: ReadStored, index: int) -> None:
        if event.conversation in self.form:
            self._await(event.user, event.t, index, event.conversation, _MARK, event.to)

    @sees(ReadMarkMoved)
    def on_mark(self, event: ReadMarkMoved, _: int) -> None:
        if event.conversation in self.form:
            self.pass_time(event.t)
            self._mark[event.device, event.conversation] = event.to

    @sees(Connected)
    def on_connected(self, event: Connected, _: int) -> None:
        self.pass_time(event.t)
        self._since[event.device] = event.t

    @sees(Disconnected, Slept, Crashed, Wiped)
    def on_lost(self, event: Disconnected | Slept | Crashed | Wiped, _: int) -> None:
        self.pass_time(event.t)
        self._since.pop(event.node, None)

    @sees(FaultStarted, FaultEnded, Healed, Ended)
    def on_disturbance(self, event: FaultStarted | FaultEnded | Healed | Ended, _: int) -> None:
        self.pass_time(event.t)
        if isinstance(event, FaultStarted):
            self._faults[event.fault] = None
        elif isinstance(event, FaultEnded):
            self._faults.pop(event.fault, None)
        elif isinstance(event, Healed):
            if not self._faults:
                return
            self._faults.clear()
        else:
            return
        self._disturbed = event.t


class ViewsAreFollowed(Liveness):
    """What a user has looked at counts as read: in the store, and on every device of the user.

    Owed from each Viewed by its device, until the device's ReadMarkMoved and the user's ReadStored have come to where the screen
    ended; and once it is stored by every other device of the user, until its ReadMarkMoved has. What was looked at on a device
    that was wiped before the store had it is forgotten with the device.
    """

    name: ClassVar[str] = "views-are-followed"
    family: ClassVar[str] = "receipts and unread"
    anomalies: ClassVar[tuple[str, ...]] = ("lost view", "unread divergence: negative, ghost")
    rests_on = TURNS

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._views: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
        """By user and conversation, and device: the furthest view, and its event."""
        self._stored: dict[tuple[str, str], int] = {}
        self._mark: dict[tuple[str, str], int] = {}
        self._open: dict[tuple[str, str], None] = {}
        """Users and conversations of which something is owed."""

    @sees(Viewed)
    def on_viewed(self, event: Viewed, index: int) -> None:
        held = self.ledger.held.get((event.device, event.conversation))
        if held is None:
            return
        self.tested += 1
        which = (held.access.user, event.conversation)
        views = self._views.setdefault(which, {})
        if event.upto > views.get(event.device, (held.log.base, -1))[0]:
            views[event.device] = (event.upto, index)
            self._compare(which)

    @sees(ReadStored)
    def on_stored(self, event: ReadStored, _: int) -> None:
        which = (event.user, event.conversation)
        self._stored[which] = event.to
        self._compare(which)

    @sees(ReadMarkMoved)
    def on_mark(self, event: ReadMarkMoved, _: int) -> None:
        self._mark[event.device, event.conversation] = event.to
        self._compare((self.ledger.user_of.get(event.device, ""), event.conversation))

    @sees(Wiped)
    def on_wiped(self, event: Wiped, _: int) -> None:
        for held in self.ledger.renewed:
            which = (held.access.user, held.log.name)
            self._mark.pop((event.device, held.log.name), None)
            views = self._views.get(which, {})
            if views.get(event.device, (0, -1))[0] > self._stored.get(which, 0):
                del views[event.device]
            self._compare(which)

    def _compare(self, which: tuple[str, str]) -> None:
        if which in self._views and any(True for _ in self._missing(which)):
            self._open[which] = None
        else:
            self._open.pop(which, None)

    def _missing(self, which: tuple[str, str]) -> Iterator[Debt]:
        user, conversation = which
        stored, followed = self._stored.get(which, 0), (0, -1, "")
        for by, (upto, index) in self._views.get(which, {}).items():
            mark = self._mark.get((by, conversation), 0)
            if min(mark, stored) < upto:
                what = f"{_looked(which, upto, by)}, which has it read up to {mark}, and the store up to {stored}"
                yield Debt(what, (index,), by, conversation)
            if upto <= stored:
                followed = max(followed, (upto, index, by))
        upto, index, by = followed
        for device in self.ledger.devices_of.get(user, ()):
            mark = self._mark.get((device, conversation), 0)
            if mark < upto:
                what = f"{_looked(which, upto, by)}, and {device} has it read up to {mark}"
                yield Debt(what, (index,), device, conversation)

    def owed(self) -> int:
        return len(self._open)

    def missing(self) -> Iterator[Debt]:
        for which in self._open:
            yield from self._missing(which)


def _looked(which: tuple[str, str], upto: int, by: str) -> str:
    return f"{which[0]} looked at {which[1]} up to {upto} on {by}"


class ReadByIsTrue(Property):
    """'Read by' names another member, and is shown of what that member has read.

    Proof of a violation: a ReadByShown of the device's own user, of somebody who never was a member, or beyond what the
    user's stored read mark ever said.
    """

    name: ClassVar[str] = "read-by-is-true"
    family: ClassVar[str] = "receipts and unread"
    anomalies: ClassVar[tuple[str, ...]] = ("phantom receipt",)
    rests_on = TURNS

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._read: dict[tuple[str, str], int] = {}

    @sees(ReadStored)
    def on_read(self, event: ReadStored, _: int) -> None:
        which = (event.user, event.conversation)
        self._read[which] = max(event.to, self._read.get(which, 0))

    @sees(ReadByShown)
    def on_shown(self, event: ReadByShown, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        if log is None:
            return
        self.tested += 1
        user, access = event.user, log.access.get(event.user)
        if user == self.ledger.user_of.get(event.device):
            self.violated(f"{event.device} shows {log.name} as read by its own user", index)
        elif access is None:
            self.violated(f"{event.device} shows {log.name} as read by {user}, who is no member", index)
        else:
            known = self._read.get((user, log.name), log.base if user in log.began else 0)
            if event.to > known:
                self.violated(
                    f"{event.device} shows {log.name} as read by {user} up to {event.to}, but it is only {known}", index
                )


class _Counts:
    """How many others have a message, and have read it."""

    __slots__ = ("delivered", "read")

    def __init__(self) -> None:
        self.delivered = 0
        self.read = 0


class ReceiptCountsAreRight(Liveness):
    """Where receipts are counts, a sender's devices show of the newest own message how many others have it, and have read it.

    A count of another message, or beyond what the stored cursors and read marks of those say who may read it, is a violation
    at once; of what was there before the history begins, nothing is known. After healing, owed by each device of a member
    whose last ReceiptCountsShown in this life of its app is not of the newest message, or has less than the marks and cursors
    say.
    """

    name: ClassVar[str] = "receipt-counts-are-right"
    family: ClassVar[str] = "receipts and unread"
    anomalies: ClassVar[tuple[str, ...]] = ("phantom receipt", "missing receipt")
    rests_on = TURNS

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._of: dict[str, dict[str, dict[int, _Counts]]] = {}
        """By conversation and sender, and seq: those of the newest message go on, those of the others are as they were."""
        self._far: dict[tuple[type, str, str], int] = {}
        """By kind of event, conversation and user: how far the user is."""
        self._shown: dict[str, dict[str, tuple[int, int, int]]] = {}
        """By device and conversation."""

    @sees(ConversationOpened)
    def on_opened(self, event: ConversationOpened, _: int) -> None:
        if event.receipts == "counts":
            self._of[event.conversation] = {}

    @sees(Persisted)
    def on_persisted(self, event: Persisted, _: int) -> None:
        senders = self._of.get(event.conversation)
        if senders is not None and not event.kind:
            senders.setdefault(event.sender, {})[event.seq] = _Counts()

    @sees(CursorStored)
    def on_cursor(self, event: CursorStored, _: int) -> None:
        if event.conversation in self._of:
            self._rise(CursorStored, event.conversation, self.ledger.user_of.get(event.device, ""), event.to)

    @sees(ReadStored)
    def on_read(self, event: ReadStored, _: int) -> None:
        if event.conversation in self._of:
            self._rise(ReadStored, event.conversation, event.user, event.to)

    def _rise(self, kind: type, conversation: str, user: str, to: int) -> None:
        """A user has, or has read, more of a conversation: that counts for those whose newest message is in it."""
        access = self.ledger.logs[conversation].access.get(user)
        before = self._far.get((kind, conversation, user), 0)
        if access is None:
            return
        self._far[kind, conversation, user] = max(before, to)
        for sender, messages in self._of[conversation].items():
            seq, counts = next(reversed(messages.items()))
            if before < seq <= to and user != sender and access.reads(seq):
                if kind is CursorStored:
                    counts.delivered += 1
                else:
                    counts.read += 1

    @sees(ReceiptCountsShown)
    def on_shown(self, event: ReceiptCountsShown, index: int) -> None:
        senders = self._of.get(event.conversation)
        if senders is None or event.seq <= self.ledger.logs[event.conversation].base:
            return
        self.tested += 1
        self._shown.setdefault(event.device, {})[event.conversation] = (event.seq, event.delivered, event.read)
        user = self.ledger.user_of.get(event.device, "")
        counts = senders.get(user, {}).get(event.seq)
        what = f"{event.device} shows {event.conversation} {event.seq}"
        if counts is None:
            self.violated(f"{what} with counts, which {user} did not send", index)
        elif event.delivered > counts.delivered or event.read > counts.read:
            self.violated(
                f"{what} delivered to {event.delivered} and read by {event.read}, but it is only "
                f"{counts.delivered} and {counts.read}",
                index,
            )

    @sees(Slept, Crashed, Wiped)
    def on_app_over(self, event: Slept | Crashed | Wiped, _: int) -> None:
        self._shown.pop(event.node, None)

    def owed(self) -> int:
        return sum(1 for _ in self.missing())

    def missing(self) -> Iterator[Debt]:
        for conversation, senders in self._of.items():
            members = self.ledger.logs[conversation].members
            for user, messages in senders.items():
                seq, counts = next(reversed(messages.items()))
                for device in self.ledger.devices_of.get(user, ()) if user in members else ():
                    shown = self._shown.get(device, {}).get(conversation, (0, 0, 0))
                    if shown < (seq, counts.delivered, counts.read) and (counts.delivered or counts.read):
                        what = f"{conversation} {seq} went to {counts.delivered} others and was read by {counts.read}"
                        yield Debt(f"{what}; {device} shows {shown}", (), device, conversation)
