"""Requests to the message store and to sequencer shards, and their answers.

Requirements: P1, P3, P7, P11.
"""

from __future__ import annotations

import msgspec
from xxhash import xxh3_64_intdigest as digest

from model.content import Content, Message, Wrapped
from model.membership import Member
from model.wire.base import Wire
from model.wire.client import Head, Listed
from model.wire.service import BlockUpdate
from sim.state import Marks


class Append(Wrapped, Wire, frozen=True, kw_only=True):
    """One transaction: message row, dedupe row (unless `dedupe_key` is empty) and outbox row.

    `seq` is the wanted place, or 0 for the next one; `epoch` is the sequencer's fencing epoch (0: none).
    """

    content: Content
    sender: str = ""
    device: str = ""
    dedupe_key: tuple[str, ...] = ()
    retention: int = 0
    """For how many µs the dedupe row counts."""
    seq: int = 0
    epoch: int = 0
    members_only: bool = False
    refusal: str = ""
    """Why it is to be refused for good, unless it is in the log already."""

    def key(self) -> int:
        return digest(f"Append {self.conversation} {self.message} {self.seq} {self.epoch}".encode())


class Appended(Wire, frozen=True):
    """The message is durable as `seq`: by this transaction, or (`duplicate`) by an earlier one with the same key.

    `stored_at` is the row's time, µs by the store's clock.
    """

    seq: int
    duplicate: bool
    published: bool
    audience: int = 0
    stored_at: int = 0


class AppendRefused(Wire, frozen=True):
    """Nothing was written; `why`: conflict (the place is taken or not the next), early (places before it are still
    empty), fenced (a newer epoch owns the shard), busy (come again in `retry_after` µs), or, `final`, that the sender may
    not do this (say not a member)."""

    why: str
    head: int
    final: bool = False
    retry_after: int = 0


class MarkPublished(Wire, frozen=True):
    """The outbox row's delivery task is in the queue."""

    conversation: str
    seq: int


class Unpublished(Wire, frozen=True):
    """Asks for at most `limit` outbox rows that were written at least `age` µs ago and are not published."""

    age: int
    limit: int


class OutboxRows(Wire, frozen=True):
    """Unpublished messages, oldest first within a conversation."""

    messages: tuple[Message, ...]


class ReadPage(Wire, frozen=True, omit_defaults=True):
    """Asks for at most `limit` rows that follow `after`, of those that the user may read.

    An answer that is older than `heard` is none: the reader knows that there is more. With `before` it asks for those right
    below that.
    """

    conversation: str
    user: str
    after: int
    limit: int
    heard: int
    before: int = 0


class Page(Wire, frozen=True):
    """Rows in order of seq; the lowest seq after the asked one, and the highest, that the user may read."""

    messages: tuple[Message, ...]
    first: int
    head: int


class NoPage(Wire, frozen=True):
    """The cache can't say."""


class ReadSegment(Wire, frozen=True):
    """The cache asks for the last `rows` rows of a conversation, and who may read what of them."""

    conversation: str
    rows: int


class Segment(Wire, frozen=True):
    """The newest rows of a conversation, in order, up to its head, and the members at that place (by user)."""

    conversation: str
    rows: tuple[Message, ...]
    head: int
    members: dict[str, Member]

    def key(self) -> int:
        return digest(f"Segment {self.conversation} {self.head}".encode())

    def readable(self, user: str, after: int) -> tuple[int, int]:
        """The first and the last seq after `after` that a user may read in one go; (after + 1, 0) is nothing."""
        member = self.members.get(user)
        if member is None:
            return after + 1, 0
        first, last = member.next_span(after)
        return first, min(last, self.head)

    def readable_below(self, user: str, before: int) -> tuple[int, int]:
        """The seqs right below `before` that a user may read in one go: the first and the last; (1, 0) is nothing."""
        member = self.members.get(user)
        return member.last_span(min(before, self.head + 1)) if member else (1, 0)

    def head_for(self, user: str) -> int:
        """The highest seq that a user may read."""
        member = self.members.get(user)
        return member.head(self.head) if member else 0


class WriteInbox(Wire, frozen=True):
    """Asks for an inbox row (D9) of a message for each of these users."""

    conversation: str
    seq: int
    users: tuple[str, ...]
    sender: str = ""
    kind: str = ""
    subject: str = ""
    hidden: tuple[str, ...] = ()
    """Those of them who have blocked its sender."""

    def key(self) -> int:
        return digest(f"WriteInbox {self.conversation} {self.seq} {self.users[:1]}".encode())


class InboxMark(Wire, frozen=True):
    """A read mark, for the user's inbox, which counts what is unread by itself."""

    user: str
    conversation: str
    upto: int

    def key(self) -> int:
        return digest(f"InboxMark {self.user} {self.conversation} {self.upto}".encode())


class ReadList(Wire, frozen=True):
    """Asks a store partition for the user's conversations: those of the inbox that it has (inbox), those that it holds (log),
    or both, and then of the latter only those that have something which is in no inbox.

    `marks`: up to where the asking device holds each conversation to be read.
    """

    device: str
    user: str
    number: int
    source: str
    marks: tuple[tuple[str, int], ...]

    def key(self) -> int:
        return digest(f"ReadList {self.device} {self.number}".encode())


class Listing(Wire, frozen=True):
    """What a partition knows of a user's conversations: by the inbox, and by their logs."""

    inbox: tuple[Listed, ...]
    log: tuple[Listed, ...]


class ReadHeads(Wire, frozen=True, omit_defaults=True):
    """Asks a store partition for the heads of the user's conversations; with `fresh` those of now, and not of a while ago."""

    device: str
    user: str
    fresh: bool = False

    def key(self) -> int:
        return digest(f"ReadHeads {self.device}".encode())


class Heads(Wire, frozen=True):
    """What a store partition knows of a device's conversations, and what the user's inbox lists, if it is there.

    The heads are without what is listed in inboxes; `logs` has, in the same order, up to where the user may read.
    """

    heads: tuple[Head, ...]
    logs: tuple[int, ...]
    inbox: tuple[tuple[str, int], ...] = ()
    seen: tuple[tuple[str, int], ...] = ()
    """Who of the user's company was seen last when (µs)."""
    blocks: tuple[BlockUpdate, ...] = ()
    """What holds here of whom the user blocks, as it was told."""


class ReadRecipients(Wire, frozen=True):
    """Asks for the devices of those who were members at `seq` (0: who are now), with their stored cursors.

    With a `user`, for that user's only.
    """

    conversation: str
    seq: int
    user: str = ""


class Sweep(Wire, frozen=True):
    """A store partition reports stuck devices: conversation, device, and the cursor that it had.

    `overdue`: those whose rows are given up, with for how many µs they have been stuck. `removed`: conversations whose rows
    are too old, up to which seq.
    """

    found: tuple[tuple[str, str, int], ...]
    overdue: tuple[tuple[str, str, int], ...] = ()
    removed: tuple[tuple[str, int], ...] = ()


class CleanUp(Wire, frozen=True):
    """A device has been stuck for very long: its token and its session are given up, if they are older than `ago` µs."""

    device: str
    ago: int

    def key(self) -> int:
        return digest(f"CleanUp {self.device}".encode())


class RecordFailures(Wire, frozen=True):
    """Delivery to these devices is given up for `reason`: a row each in the failures table (D10).

    `ttl` is how long it would have been tried, in µs, if it is given up for that.
    """

    conversation: str
    seq: int
    devices: tuple[str, ...]
    reason: str
    ttl: int = 0


class Recorded(Wire, frozen=True):
    """The rows are durable."""


class Recipient(msgspec.Struct, frozen=True, gc=False):
    """A device of a member, its stored cursor, and whether it is reported as stuck.

    `blocked`: its user has blocked the sender of the row that it is asked for.

    `unread`: how many messages the user has not read, up to the asked place; `read`: the read mark from which they count.
    `age` is how old the row is that it is asked for, in µs: both by the store's clock.
    """

    marks = Marks(aside="age")

    device: str
    user: str
    cursor: int
    stuck: bool = False
    unread: int = 0
    read: int = 0
    age: int = 0
    blocked: bool = False


class Recipients(Wire, frozen=True):
    """All devices of all members, at the asked seq."""

    recipients: tuple[Recipient, ...]


class ReadHead(Wire, frozen=True):
    """Asks for the highest seq of a conversation."""

    conversation: str


class HeadIs(Wire, frozen=True):
    """The highest seq of a conversation."""

    head: int


class AcquireLease(Wire, frozen=True):
    """A sequencer wants to own this store partition's conversations for `ttl` µs, as `owner`."""

    owner: str
    ttl: int


class LeaseIs(Wire, frozen=True):
    """Who owns the partition, under which fencing epoch, for `left` µs from now on."""

    owner: str
    epoch: int
    left: int


class Allocate(Wire, frozen=True):
    """Asks a sequencer for the next place in a conversation, for this message's `attempt`-th try."""

    conversation: str
    message: str
    attempt: int


class Allocated(Wire, frozen=True):
    """A place; `seq` 0: this sequencer doesn't own the conversation now."""

    seq: int
    epoch: int


class PlaceUsed(Wire, frozen=True):
    """Tells the sequencer that a place it gave out has its row."""

    conversation: str
    seq: int


class DeadLetter(Wire, frozen=True):
    """The queue has given a message's task up (of one `user`, or of all recipients): whoever is told of it by that task
    alone must be told otherwise."""

    conversation: str
    seq: int
    user: str
