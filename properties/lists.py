"""The list of conversations: all of them, with what is newest and what is unread, whether it is read from inboxes or from logs.

    1. a large group is in no inbox, and the list forgets it
    2. the inbox counts what is unread, and never hears that it was read
    3. the list is answered from a table that is behind: a message that was there when it was asked for is missing

Requirements: P10, P11.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from typing import ClassVar

from model.events import (
    BlockStored,
    FanOutChosen,
    InboxStored,
    ListRequested,
    ListShown,
    Persisted,
    ReadMarkMoved,
    ReadStored,
    Wiped,
)
from properties.access import Access
from properties.base import Property, Violation, sees
from properties.conversation import Log
from properties.ledger import LIVES, TURNS, Ledger


class ListsAreTrue(Property):
    """The list of conversations has all of a user's, with what was newest when it was asked for, and counts what is unread.

    What was there when the list was asked for: messages with a row in the user's inbox (InboxStored), and those that were
    fanned out without inbox rows (FanOutChosen). Proof of a violation: a ListShown without a conversation that has such a
    message; or with a newest place below it, or above the head; or with a read mark below that of the device when it asked,
    or above all that the user has read; or with an unread count that leaves out any such message of others above that mark,
    or is higher than there are committed ones. What was said before the user joined last does not count, nor what is hidden
    from who has blocked its sender. A conversation that the user has joined or left since can't be judged.
    """

    name: ClassVar[str] = "lists-are-true"
    family: ClassVar[str] = "receipts and unread"
    anomalies: ClassVar[tuple[str, ...]] = ("unread divergence: negative, ghost", "stale read")
    rests_on = (BlockStored, *LIVES, *TURNS)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._inbox: dict[tuple[str, str], list[tuple[int, int]]] = {}
        """By user and conversation: the seqs with an inbox row, in order, each with the index of its event."""
        self._log: dict[str, list[tuple[int, int]]] = {}
        """By conversation: those that were fanned out without."""
        self._senders: dict[str, dict[int, str]] = {}
        """By conversation and seq: who wrote it. Joins and leaves are no messages."""
        self._seqs: dict[str, list[int]] = {}
        """By conversation: the seqs of those, in order."""
        self._stored: dict[tuple[str, str], int] = {}
        self._marks: dict[str, dict[str, int]] = {}
        """By device and conversation: its own mark."""
        self._read: dict[tuple[str, str], int] = {}
        """By user and conversation: the highest mark of any of the user's devices."""
        self._asked: dict[tuple[str, int], tuple[int, dict[str, int]]] = {}

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        if not event.kind:
            senders = self._senders.setdefault(event.conversation, {})
            if event.seq not in senders:
                senders[event.seq] = event.sender
                insort(self._seqs.setdefault(event.conversation, []), event.seq)

    @sees(FanOutChosen)
    def on_chosen(self, event: FanOutChosen, index: int) -> None:
        if not event.inbox:
            insort(self._log.setdefault(event.conversation, []), (event.seq, index))

    @sees(InboxStored)
    def on_inbox(self, event: InboxStored, index: int) -> None:
        insort(self._inbox.setdefault((event.user, event.conversation), []), (event.seq, index))

    @sees(ReadStored)
    def on_stored(self, event: ReadStored, index: int) -> None:
        whose = (event.user, event.conversation)
        self._stored[whose] = max(event.to, self._stored.get(whose, 0))

    @sees(ReadMarkMoved)
    def on_mark(self, event: ReadMarkMoved, index: int) -> None:
        self._marks.setdefault(event.device, {})[event.conversation] = event.to
        whose = (self.ledger.user_of.get(event.device, ""), event.conversation)
        self._read[whose] = max(event.to, self._read.get(whose, 0))

    @sees(Wiped)
    def on_wiped(self, event: Wiped, _: int) -> None:
        self._marks.pop(event.device, None)

    @sees(ListRequested)
    def on_asked(self, event: ListRequested, index: int) -> None:
        self._asked[event.device, event.number] = (index, dict(self._marks.get(event.device, ())))

    @sees(ListShown)
    def on_shown(self, event: ListShown, index: int) -> None:
        request = self._asked.pop((event.device, event.number), None)
        user = self.ledger.user_of.get(event.device)
        if request is None or user is None:
            return
        asked, marks = request
        self.tested += 1
        columns = zip(event.newest, event.unread, event.read, strict=False)
        entries = dict(zip(event.conversations, columns, strict=False))
        for name, log in self.ledger.logs.items():
            access = log.access.get(user)
            if access is None or not access.member or max(access.joined_index, access.left_index) >= asked:
                continue
            rows = (self._inbox.get((user, name), []), self._log.get(name, []))
            due = max(_newest(each, asked, access) for each in rows)
            entry = entries.get(name)
            wrong = ""
            if entry is None:
                wrong = f"leaves {name} out, which has {due}" if due else ""
            else:
                wrong = self._wrong(log, user, entry, due, marks.get(name, 0), asked)
            if wrong:
                self.violated(f"the list on {event.device} {wrong}", asked, index)

    def _wrong(self, log: Log, user: str, entry: tuple[int, int, int], due: int, mark: int, asked: int) -> str:
        """What is wrong with an entry, or ''. `due` is the newest place that it has to have. As long as what is unread."""
        newest, unread, read = entry
        name, access = log.name, log.access[user]
        if newest > log.head:
            return f"has {name} up to {newest}, of which only {log.head} are committed"
        if newest < due:
            return f"has {name} up to {newest}, and {due} was there when it was asked for"
        known = max(
            self._stored.get((user, name), log.base if user in log.began else 0),
            self._read.get((user, name), 0),
        )
        if not mark <= read <= known:
            return f"counts {name} from {read}, which {user} has read up to {mark} on that device, and up to {known} on any"
        senders, after = self._senders.get(name, {}), max(read, access.joined_at)
        seqs = self._seqs.get(name, [])
        others = {
            seq
            for seq in seqs[bisect_right(seqs, after) : bisect_right(seqs, newest)]
            if senders[seq] != user and user not in log.hidden.get(seq, ())
        }
        there = {
            seq
            for rows in (self._inbox.get((user, name), []), self._log.get(name, []))
            for seq, at in rows[bisect_left(rows, (after + 1, -1)) :]
            if at < asked and seq >= access.joined_at and access.reads(seq)
        }
        at_least, at_most = len(others & there), len(others)
        if not at_least <= unread <= at_most:
            return (
                f"says that {unread} are unread in {name} up to {newest}, of at least {at_least} and at most {at_most}"
            )
        return ""


def _newest(rows: list[tuple[int, int]], asked: int, access: Access) -> int:
    """The highest seq among these that was there when a list was asked for and its user may read; 0 if there is none."""
    for seq, at in reversed(rows):
        if seq < access.joined_at:
            return 0
        if at < asked and access.reads(seq):
            return seq
    return 0
