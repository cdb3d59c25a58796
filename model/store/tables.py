"""The rows of a conversation in the message store (durable): messages, members, dedupe, outbox, cursors, inboxes.

Requirements: D1, D2, D3, D5, D6, D8, D9, D10.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass, field

from model.content import Message
from model.membership import Member


@dataclass(slots=True)
class DeviceRows:
    """What else is durable about the devices of a conversation, by device.

    `installation`: the newest that acked (1 if it is not there); `acked`: when it did last (µs); `stuck`: who is reported;
    `cleaned`: whose cursor was given up after that; `was`: what it was, for receipts, which don't fall back.
    `status`: up to which seq a device or user has status rows of a kind, if the conversation keeps them.
    """

    installation: dict[str, int] = field(default_factory=dict)
    acked: dict[str, int] = field(default_factory=dict)
    stuck: dict[str, None] = field(default_factory=dict)
    cleaned: dict[str, None] = field(default_factory=dict)
    was: dict[str, int] = field(default_factory=dict)
    status: dict[tuple[str, str], int] = field(default_factory=dict)
    keeps_status: bool = False
    receipts: str = "pointers"
    """In which form members are shown receipts: per person, pointers, or counts."""
    live: bool = False
    """Whether they are told at once."""


@dataclass(slots=True)
class DedupeRow:
    """The first seq of an idempotency key, and when it was given out (µs)."""

    seq: int
    first_seen_at: int


@dataclass(slots=True)
class OutboxRow:
    """A message whose delivery task may not be in the queue yet; written at `at` µs."""

    message: Message
    at: int


@dataclass(slots=True)
class InboxEntry:
    """A conversation in a user's inbox (D9): its newest seq, how far it is read, and the seqs of others' messages above that.

    `since` and `left`: the rows by which the user joined and left last; 0 for who was a member from the start. Rows come in
    any order: one above `left` says that the user is back.
    """

    newest: int = 0
    read: int = 0
    unread: list[int] = field(default_factory=list)
    since: int = 0
    left: int = 0

    def take(self, user: str, seq: int, sender: str, kind: str, subject: str) -> None:
        """Takes a message's row in, in whatever order they come."""
        self.newest = max(self.newest, seq)
        if not kind:
            if sender != user and seq > self.read:
                insort(self.unread, seq)
        elif subject == user:
            self.since = max(self.since, seq) if kind == "join" else self.since
            self.left = max(self.left, seq) if kind == "leave" else self.left

    def mark(self, upto: int) -> None:
        """The user has read so far."""
        if upto > self.read:
            self.read = upto
            del self.unread[: bisect_right(self.unread, upto)]


@dataclass(slots=True)
class ConversationTable:
    """Everything durable about one conversation. `rows[seq]`; `cursors[device]`; `members` now, and `former` ones.

    `type`: direct or group; `created_at`: µs by the store's clock, and `title` is what its creator called it (D2).
    """

    type: str
    created_at: int
    members: dict[str, Member]
    former: dict[str, Member] = field(default_factory=dict)
    rows: dict[int, Message] = field(default_factory=dict)
    head: int = 0
    listed: int = 0
    """The highest seq that digests list by itself: of a row that is in no inbox."""
    dedupe: dict[tuple[str, ...], DedupeRow] = field(default_factory=dict)
    refused: dict[tuple[str, ...], str] = field(default_factory=dict)
    """By idempotency key: why the message was refused for good."""
    outbox: dict[int, OutboxRow] = field(default_factory=dict)
    cursors: dict[str, int] = field(default_factory=dict)
    devices: DeviceRows = field(default_factory=DeviceRows)
    read: dict[str, int] = field(default_factory=dict)
    """By user: last_read_seq (D3)."""
    written: list[int] = field(default_factory=list)
    """The seqs of what people wrote, in order: joins and leaves are not among them."""
    own: dict[str, list[int]] = field(default_factory=dict)
    """By user: those that the user wrote."""
    hidden: dict[str, list[int]] = field(default_factory=dict)
    """By user: the seqs of what is hidden from the user, whose sender was blocked."""
    title: str = ""
    joined: dict[str, int] = field(default_factory=dict)
    """By user: the row by which the user became a member last; of the members at the start none has one."""
    failures: dict[tuple[int, str], tuple[str, int]] = field(default_factory=dict)
    """By (seq, device): reason, and when (µs) (D10)."""
    removed: int = 0
    """Up to which seq rows were removed, for they were older than they are kept; the newest of them is of `removed_at` µs."""
    removed_at: int = 0
    turns: dict[str, list[Message]] = field(default_factory=dict)
    """By user: of the removed rows those by which the user joined or left, which a device has to know."""
    untold: dict[str, int] = field(default_factory=dict)
    """By reason: how many failures no alert has told of yet."""

    def note(self, row: Message) -> None:
        """Takes a row into what unread messages are counted from."""
        if not row.kind:
            insort(self.written, row.seq)
            insort(self.own.setdefault(row.sender, []), row.seq)
            for user in row.hidden_from:
                insort(self.hidden.setdefault(user, []), row.seq)

    def unread(self, user: str, upto: int, mark: int = 0) -> int:
        """How many messages of others up to `upto` a member has not read. What was said before the user joined is none.

        `mark`: up to where the user has read, if that is more than is stored.
        """
        if user not in self.members:
            return 0
        after = max(self.read.get(user, 0), self.joined.get(user, 0), mark)
        if after >= upto:
            return 0
        count = bisect_right(self.written, upto) - bisect_right(self.written, after)
        for uncounted in (self.own.get(user), self.hidden.get(user)):
            if uncounted:
                count -= bisect_right(uncounted, upto) - bisect_right(uncounted, after)
        return count
