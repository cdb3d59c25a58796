"""What a store partition answers from its tables: pages, heads with receipts, recipients, segments for a cache.

Promise kept here: a user is told of rows that the user may read as a member, and of no other (P13). What may fail: a
follower's tables are old; it answers only where that does no harm. A read changes nothing.

Requirements: C5, P7, P9, P11, P13.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import ClassVar

from model.content import Message
from model.decisions import Seq, decision
from model.events import HeadRead
from model.membership import Member
from model.store.receipts import Receipts
from model.store.tables import ConversationTable, InboxEntry
from model.wire.base import Wire
from model.wire.client import Head, Listed
from model.wire.store import (
    HeadIs,
    Heads,
    Listing,
    OutboxRows,
    Page,
    ReadHead,
    ReadHeads,
    ReadList,
    ReadPage,
    ReadRecipients,
    ReadSegment,
    Recipient,
    Recipients,
    Segment,
    Unpublished,
)


class StoreReads(Receipts):
    """The part of a store partition that answers reads, from the tables as they are on this replica."""

    reads: ClassVar[dict[type[Wire], str]] = {
        Unpublished: "read_unpublished",
        ReadPage: "read_page",
        ReadSegment: "read_segment",
        ReadHeads: "read_heads",
        ReadRecipients: "read_recipients",
        ReadHead: "read_head",
        ReadList: "read_list",
    }

    entries: dict[str, dict[str, InboxEntry]]
    last_seen: dict[str, int]
    """By user: when the user was seen last (µs)."""

    # --- decisions ---------------------------------------------------------------------------------------------------

    @decision
    def allows_stale(self, read: Wire) -> bool:
        """Whether this replica may answer a read from its own tables, however old they are (C5).

        A sync page may be old if it reaches the place that its reader has heard of, and has something for the reader: it is
        true, and the device goes on from there. So may one that is read backwards, if all that is below is here. That there is
        *nothing* more is for the leader to say, or a device whose follower hangs would wait with it. A digest may be old: it says
        no more than was so, and the next one says the rest; but the first one of a connection, which is asked for `fresh`.
        Heads that a sequencer counts on from, members, segments for a cache, and what is unpublished may not.

        Variant::

            def allows_stale(self, read):
                return True
        """
        if not isinstance(read, ReadPage):
            return isinstance(read, ReadHeads) and not read.fresh
        table = self.table(read.conversation)
        if read.before:
            return table.head >= read.before - 1
        member = table.members.get(read.user) or table.former.get(read.user)
        first, last = self.readable(member, max(read.after, table.removed), table.head)
        return first <= last and table.head >= read.heard

    @decision
    def readable(self, member: Member | None, after: Seq, head: Seq) -> tuple[Seq, Seq]:
        """The first and the last seq after `after` that a user may read in one go (P13): of the spans as a member.

        (after + 1, 0) is nothing. `member` is None for a user who never was one.

        Variant::

            def readable(self, member, after, head):
                return after + 1, head
        """
        if member is None:
            return after + 1, 0
        first, last = member.next_span(after)
        return first, min(last, head)

    @decision
    def readable_below(self, member: Member | None, before: Seq) -> tuple[Seq, Seq]:
        """The first and the last seq right below `before` that a user may read in one go (P13, P21); (1, 0) is nothing.

        Variant::

            def readable_below(self, member, before):
                return 1, before - 1
        """
        return member.last_span(before) if member else (1, 0)

    @decision
    def entitled(self, table: ConversationTable, seq: Seq) -> Sequence[str]:
        """The users to whom the row at `seq` is delivered (P13): who may read it, whoever is a member by now.

        `seq` 0 asks for the members now. By the row's own place, it doesn't matter how late its task is worked on.

        Variant::

            def entitled(self, table, seq):
                return [*table.members, *table.former]
        """
        if not seq or not table.former:
            return [user for user, member in table.members.items() if not seq or member.reads(seq)]
        everybody = {**table.members, **table.former}
        return [user for user, member in everybody.items() if member.reads(seq)]

    @decision
    def head_for(self, table: ConversationTable, user: str) -> Seq:
        """The highest seq of a conversation that a user is told of (P7, P13): the last one that the user may read.

        Variant::

            def head_for(self, table, user):
                return table.head
        """
        member = table.members.get(user) or table.former.get(user)
        return member.head(table.head) if member else 0

    @decision
    def unread(self, table: ConversationTable, user: str, upto: Seq) -> int:
        """How many messages of a conversation, up to `upto`, a user has not read, as the server counts (P10): others' ones.

        Above the user's read mark, and since the user joined; joins and leaves are no messages. Two look-ups in sorted
        lists, however long the conversation is. It goes out with the recipients of a message, so that a push can say it.

        Variant::

            def unread(self, table, user, upto):
                return upto - table.read.get(user, 0)
        """
        return table.unread(user, upto)

    def table(self, conversation: str) -> ConversationTable:
        """A conversation's tables; empty ones if it was not created yet, as far as this replica knows."""
        return self.conversations.get(conversation) or ConversationTable("", 0, {})

    @decision
    def inbox_unread(self, entry: InboxEntry, read: Seq) -> int:
        """How many messages an inbox says are unread in a conversation, of which the user has read up to `read` (P10, D9).

        It has the seqs of what others wrote: nothing of the conversation itself is read.

        Variant::

            def inbox_unread(self, entry, read):
                return len(entry.unread)
        """
        return len(entry.unread) - bisect_right(entry.unread, max(read, entry.since, entry.left))

    # --- reads -------------------------------------------------------------------------------------------------------

    def read_page(self, read: ReadPage) -> Wire:
        table = self.table(read.conversation)
        self.count("page read", 1, 0)
        member = table.members.get(read.user) or table.former.get(read.user)
        if read.before:
            first, last = self.readable_below(member, min(read.before, table.head + 1))
            first = max(first, last - read.limit + 1, table.removed + 1)
            rows = tuple(table.rows[seq] for seq in range(first, last + 1) if seq in table.rows)
            return Page(rows, first, self.head_for(table, read.user))
        turn = next((row for row in table.turns.get(read.user, ()) if row.seq > read.after), None)
        if turn is not None:
            return Page((turn,), turn.seq, self.head_for(table, read.user))
        first, last = self.readable(member, max(read.after, table.removed), table.head)
        rows = tuple(
            table.rows[seq] for seq in range(first, min(last, first + read.limit - 1) + 1) if seq in table.rows
        )
        return Page(rows, first, self.head_for(table, read.user))

    def read_segment(self, read: ReadSegment) -> Wire:
        """The last rows without a hole, and everybody who may read any of them."""
        table = self.table(read.conversation)
        self.count("segment read", 1, 0)
        rows: list[Message] = []
        for seq in range(table.head, max(0, table.head - read.rows), -1):
            if seq not in table.rows:
                break
            rows.append(table.rows[seq])
        segment = Segment(read.conversation, tuple(reversed(rows)), table.head, {**table.former, **table.members})
        return segment

    def read_heads(self, read: ReadHeads) -> Wire:
        heads, logs = [], []
        for conversation, table in self.conversations.items():
            if read.user in table.members or read.user in table.former:
                log = self.head_for(table, read.user)
                logs.append(log)
                heads.append(
                    Head(
                        conversation,
                        min(table.listed, log),
                        table.cursors.get(read.device, 0),
                        table.read.get(read.user, 0),
                        *(self.receipts(table, read.user) if (member := read.user in table.members) else (0, 0, 0)),
                        installation=table.devices.installation.get(read.device, 1),
                        read_by=tuple(self.read_by(table, read.user)) if member else (),
                        counts=self.newest_counts(table, read.user),
                    )
                )
        self.count("heads read", 1, 0)
        inbox = tuple((name, entry.newest) for name, entry in self.entries.get(read.user, {}).items())
        company = self.directory.company_of[read.user] if self.last_seen else ()
        seen = tuple((user, self.last_seen[user]) for user in company if user in self.last_seen)
        return Heads(tuple(heads), tuple(logs), inbox, seen, self.blocks_of(read.user))

    def read_recipients(self, read: ReadRecipients) -> Wire:
        table = self.table(read.conversation)
        devices_of = self.directory.devices_of
        cursors, stuck, upto = table.cursors, table.devices.stuck, read.seq or table.head
        row = table.rows.get(read.seq)
        removed = row is None and 0 < read.seq <= table.removed  # at least as old as the newest that was
        age = self.now - (table.removed_at if row is None else row.stored_at) if row is not None or removed else 0
        blockers = row.hidden_from if row is not None else ()
        recipients = tuple(
            Recipient(device, user, cursors.get(device, 0), device in stuck, unread, mark, age, user in blockers)
            for user in self.entitled(table, read.seq)
            if not read.user or user == read.user
            for unread, mark in ((self.unread(table, user, upto), table.read.get(user, 0)),)
            for device in devices_of[user]
        )
        self.count("recipients read", 1, 0)
        return Recipients(recipients)

    def read_head(self, read: ReadHead) -> Wire:
        return HeadIs(self.table(read.conversation).head)

    def read_list(self, read: ReadList) -> Wire:
        """The user's conversations, by the inbox or by their logs. What is unread in a log is counted over its rows, now."""
        user, marks = read.user, dict(read.marks)
        inbox: list[Listed] = []
        log: list[Listed] = []
        rows = 0
        if read.source != "log":
            for name, entry in self.entries.get(user, {}).items():
                if entry.newest > entry.left:
                    mark = max(entry.read, marks.get(name, 0))
                    inbox.append(Listed(name, entry.newest, self.inbox_unread(entry, mark), mark))
                    rows += 1
        if read.source != "inbox":
            for name, table in self.conversations.items():
                head = table.head if read.source == "log" else table.listed
                if user in table.members and head:
                    newest, mark = self.head_for(table, user), max(table.read.get(user, 0), marks.get(name, 0))
                    log.append(Listed(name, newest, table.unread(user, newest, mark), mark))
                    rows += max(1, newest - mark)
        self.count("list read", 1, 0)
        self.count("list row", rows, 0)
        return Listing(tuple(inbox), tuple(log))

    def read_unpublished(self, read: Unpublished) -> Wire:
        due = self.now - read.age
        found: list[Message] = []
        for table in self.conversations.values():
            found += [row.message for row in table.outbox.values() if row.at <= due]
        return OutboxRows(tuple(found[: read.limit]))

    def read_answered(self, read: Wire, asked: int) -> None:
        if isinstance(read, ReadHead | ReadRecipients) and read.conversation in self.conversations:
            self.emit(HeadRead, read.conversation, self.table(read.conversation).head, asked)
