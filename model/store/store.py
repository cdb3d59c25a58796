"""The message store (C5): conversation-partitioned tables, and transactions on them. Reads are in `reads.py`.

Promise kept here: a row that was committed stays, and a commit is all or nothing (G4). What may fail: a call that got
no answer may have been committed. A partition has one or more replicas (`model/store/raft.py`), each a node with all of its
tables: a write comes as an entry of their common log and is applied by each, with the time that the entry carries. So a
method that applies a write reads no clock, draws nothing, and asks nobody.

Tables: messages (D1), conversations (D2), membership (D3), device sessions are the registry's (D4), dedupe (D5), device
cursors (D6), outbox (D8), failures (D10); device profiles (D7) are in `device_tables.py`.

Requirements: C5, D1, D2, D3, D5, D6, D8, D9, D10.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from model.content import Message
from model.decisions import Micros, Seq, decision, setting
from model.events import (
    ConversationOpened,
    DeliveryFailed,
    DuplicateRecognised,
    FailureAlert,
    FanOutChosen,
    FillerPersisted,
    InboxStored,
    LastSeenStored,
    ListedInLog,
    MemberJoined,
    MemberLeft,
    Persisted,
    ReadStored,
    RowLost,
    SendHeldBack,
    WriteFenced,
)
from model.membership import OPEN, Member
from model.serving import TurnsAway
from model.store.election import LEADER
from model.store.raft import Replica
from model.store.reads import StoreReads
from model.store.tables import ConversationTable, DedupeRow, InboxEntry, OutboxRow
from model.wire.base import Wire
from model.wire.service import BlockUpdate, CursorUpdate, LastSeen, ProfileUpdate, ReadUpdate
from model.wire.store import (
    AcquireLease,
    Append,
    Appended,
    AppendRefused,
    DeadLetter,
    InboxMark,
    LeaseIs,
    MarkPublished,
    Recorded,
    RecordFailures,
    Sweep,
    WriteInbox,
)
from sim.distributions import LogNormal
from sim.draws import key
from sim.network import Call
from sim.state import Marks

_SERVICE_TIME = key("store service time")
_MEDIAN = 1 << 63


class MessageStore(TurnsAway, StoreReads):
    """A replica of a partition of the message store. All its tables are durable."""

    kind: ClassVar[str] = "store"
    writes: ClassVar[dict[type[Wire], str]] = {
        Append: "apply_append",
        MarkPublished: "apply_mark_published",
        WriteInbox: "apply_write_inbox",
        InboxMark: "apply_inbox_mark",
        DeadLetter: "apply_dead_letter",
        CursorUpdate: "apply_cursor_update",
        ReadUpdate: "apply_read_update",
        AcquireLease: "apply_acquire_lease",
        LastSeen: "apply_last_seen",
        RecordFailures: "apply_record_failures",
        ProfileUpdate: "apply_profile_update",
        BlockUpdate: "apply_block_update",
        Sweep: "apply_sweep",
    }
    receives: ClassVar[dict[type, str]] = {
        **Replica.receives,
        **dict.fromkeys(writes, "on_write"),
        **dict.fromkeys(StoreReads.reads, "on_read"),
        Append: "on_append",
    }
    served: ClassVar[dict[type[Wire], str]] = dict.fromkeys((*writes, *StoreReads.reads), "service_time")
    refused: ClassVar[tuple[type[Wire], ...]] = (Append,)
    points: ClassVar[tuple[str, ...]] = ("committing", "committed", *Replica.points)
    marks = Marks(
        durable="conversations inbox_rows entries last_seen lease_owner lease_epoch lease_until",
        aside="_sample_service_time",
    )

    service_time = setting(
        LogNormal(median=2_000, p99=15_000),
        unit="distribution, µs",
        why="What one store operation takes before its answer leaves, and for how long it keeps a server busy.",
        source="Discord: read p99 15 ms; the median is swept",
    )
    concurrency = setting(64, unit="operations", why="How many operations a replica works on at once.")
    alert_after = setting(
        1,
        unit="failures",
        why="So many deliveries given up in a conversation for one reason raise an alert: each is to be seen.",
    )

    def install(self) -> None:
        super().install()
        self._sample_service_time = self.service_time.sampler()

    def make_tables(self) -> None:
        super().make_tables()
        self.conversations = {
            entry.conversation: self._new_table(entry.type, 0, entry.members)
            for entry in self.directory.conversations.values()
            if self.directory.store_for(entry.conversation) == self.partition and not entry.later
        }
        for name, table in self.conversations.items():
            past = self.directory.past(self.directory.conversations[name])
            table.rows = {message.seq: message for message in past}
            for message in past:
                table.note(message)
            table.head = table.listed = len(past)
            devices = (device for user in table.members for device in self.directory.devices_of[user])
            table.cursors = dict.fromkeys(devices, len(past)) if past else {}
            table.read = dict.fromkeys(table.members, len(past)) if past else {}
            for status, cursors in (("delivered", table.cursors), ("read", table.read)):
                table.devices.status |= {(who, status): upto for who, upto in cursors.items()}
        self.inbox_rows: set[tuple[str, str, int]] = set()
        self.entries: dict[str, dict[str, InboxEntry]] = {}
        """D9, by user and conversation: what a digest and a list go by; which rows there are is in `inbox_rows`."""
        if self.directory.fan_out.lists_from() == "inbox":
            for its in self.directory.conversations.values():
                for user in its.members if its.head else ():
                    if self.directory.inbox_for(user) == self.partition:
                        self.entries.setdefault(user, {})[its.conversation] = InboxEntry(its.head, its.head)
        self.last_seen: dict[str, int] = {}
        self.lease_owner = ""
        self.lease_epoch = 0
        self.lease_until = 0

    # --- decisions -------------------------------------------------------------------------------------------------

    @decision
    def find_duplicate(self, rows: dict[tuple[str, ...], DedupeRow], append: Append, at: Micros) -> Seq:
        """The seq that this idempotency key already has, or 0 (P2). Asked inside the transaction at `at`.

        Asking inside the transaction closes the race of two service instances that take the same retry at once.
        A row older than its retention no longer counts.

        Variant::

            def find_duplicate(self, rows, append, at):
                return 0
        """
        row = rows.get(append.dedupe_key)
        if row is None or at - row.first_seen_at > append.retention:
            return 0
        return row.seq

    @decision
    def refuses(self, table: ConversationTable, append: Append) -> str:
        """Why the membership table forbids this append, or '' (P13). Asked inside the transaction that would write.

        Only there is it known what came before: a check made earlier can be overtaken by a leave. A member may write,
        add somebody, and leave; the owner may remove others. A retry of what was accepted is not asked again.

        Variant::

            def refuses(self, table, append):
                return ""
        """
        if append.kind == "filler":
            return ""
        if not table.members:
            return "no such conversation"
        if append.kind == "create":
            return "it is there already" if table.head else ""
        if append.members_only and append.sender not in table.members:
            return "not a member"
        if append.kind and table.type == "direct":
            return "a direct conversation keeps its two members"
        if append.kind == "join":
            return "already a member" if append.subject in table.members else ""
        if append.kind == "leave":
            if append.subject not in table.members:
                return "no such member"
            sender = table.members.get(append.sender)
            if append.subject != append.sender and (sender is None or sender.role != "owner"):
                return "not the owner"
        return ""

    @decision
    def refused_before(self, table: ConversationTable, append: Append) -> str:
        """Why this message was refused before, or '' (P1, P2): what was refused for good stays refused.

        A first try may be held up, and arrive when its retry was refused and the device has given the message up. If the
        sender is a member again by then, it would be accepted behind the sender's back, and behind later messages.

        Variant::

            def refused_before(self, table, append):
                return ""
        """
        return table.refused.get(append.dedupe_key, "")

    @decision
    def reads_from(self, joined_at: Seq) -> Seq:
        """The first seq that a user may read who joins at `joined_at` (P13): the row of the join itself.

        Variant::

            def reads_from(self, joined_at):
                return 1
        """
        return joined_at

    @decision
    def reads_to(self, left_at: Seq) -> Seq:
        """The last seq that a user may read who leaves at `left_at` (P13): the row of the leave, which says so.

        Variant::

            def reads_to(self, left_at):
                return left_at - 1
        """
        return left_at

    @decision
    def place(self, head: Seq, append: Append) -> Seq:
        """The seq of a new row, given the conversation's highest one; 0 refuses the append as a conflict (G2).

        The store counts for a sequencer that leaves it to the store (`append.seq` is 0): the number is taken in the
        transaction that uses it, so none is ever lost. A place that was chosen elsewhere must be the very next one.

        Variant::

            def place(self, head, append):
                return head + 2
        """
        if append.seq in (0, head + 1):
            return head + 1
        return 0

    @decision
    def fences(self, epoch: int, newest: int) -> bool:
        """Whether a write under fencing epoch `epoch` is refused, when `newest` was given out last (C4, G2).

        A sequencer that stood still may wake up after its lease and write as if it still owned the conversation. Only
        the store can stop it: a write of an older epoch never goes in. Writes without an epoch (0) are not fenced.

        Variant::

            def fences(self, epoch, newest):
                return False
        """
        return 0 < epoch < newest

    @decision
    def row_time(self, append: Append, at: Micros) -> Micros:
        """The time that a new row carries (P18, D1): the store's own, `at`, which its log gives to the transaction.

        Every policy of time goes by it: for how long a message is pushed, and for how long its id is remembered. A sender's
        clock may be days wrong, by mistake or on purpose; what it said is shown, and trusted in nothing.

        Variant::

            def row_time(self, append, at):
                return append.sent_at
        """
        return at

    @decision
    def merge_read(self, stored: Seq, marked: Seq) -> Seq:
        """How a user's stored read mark takes in another one: the larger of both (P6, P10).

        Variant::

            def merge_read(self, stored, marked):
                return marked
        """
        return max(stored, marked)

    @decision
    def raises_alert(self, untold: int) -> bool:
        """Whether the store raises an alert (P17, D10), when `untold` failures of one reason and conversation had none yet.

        From `alert_after` on, and at once: a delivery that was given up is nobody's task any more, so that nothing else
        would ever tell of it. Those that are given up together are one alert.

        Variant::

            def raises_alert(self, untold):
                return untold >= 100
        """
        return untold >= self.alert_after

    # --- writes ----------------------------------------------------------------------------------------------------

    def on_append(self, append: Append, call: Call) -> None:
        self.point("committing", self._commit, (append, call))

    def _commit(self, work: tuple[Append, Call]) -> None:
        if self.conflicts and (self.alone or self.role is LEADER):
            append, call = work
            self.conflicts -= 1
            self.respond(call, AppendRefused("conflict", self.table(append.conversation).head))
            return
        self.on_write(*work)

    def apply_append(self, append: Append, at: int) -> Wire:
        table = self.conversations.get(append.conversation) or self._to_begin(append, at)
        known = self.find_duplicate(table.dedupe, append, at) if append.dedupe_key else 0
        if known:
            self.tell(DuplicateRecognised, append.conversation, known, append.message)
            row = table.rows.get(known)
            audience, stored_at = (
                (row.audience, row.stored_at) if row else (0, table.dedupe[append.dedupe_key].first_seen_at)
            )
            return Appended(known, True, known not in table.outbox, audience, stored_at)
        reason = self.refused_before(table, append) or append.refusal or self.refuses(table, append)
        if reason:
            if append.dedupe_key and append.dedupe_key not in table.refused:
                table.refused[append.dedupe_key] = reason
                self.charge("dedupe", 1, 16 + sum(map(len, append.dedupe_key)))
            return AppendRefused(reason, table.head, True)
        if self.fences(append.epoch, self.lease_epoch):
            self.tell(WriteFenced, append.conversation, append.epoch, self.lease_epoch)
            return AppendRefused("fenced", table.head)
        seq = self.place(table.head, append)
        if not seq:
            return AppendRefused("early" if append.seq > table.head else "conflict", table.head)
        audience = len(table.members) + (append.kind == "join")
        message = Message.of(
            append.content,
            seq=seq,
            sender=append.sender,
            device=append.device,
            audience=audience,
            stored_at=self.row_time(append, at),
            hidden_from=self.hidden_from(table, append.sender, append.kind),
        )
        if append.conversation not in self.conversations:
            self._begin(table, append)
        if seq not in table.rows:
            table.note(message)
        table.rows[seq] = message
        table.head = max(table.head, seq)
        self.charge("messages", 1, message.bytes)
        fan_out = self.directory.fan_out
        inbox = append.kind != "filler" and fan_out.writes_inbox(message.audience)
        if not inbox:
            table.listed = max(table.listed, seq)
        if append.kind == "filler":
            self.tell(FillerPersisted, append.conversation, seq, append.epoch)
            return Appended(seq, False, True)
        table.outbox[seq] = OutboxRow(message, at)
        self.charge("outbox", 1, 16)
        if append.dedupe_key:
            table.dedupe[append.dedupe_key] = DedupeRow(seq, at)
            self.charge("dedupe", 1, 16 + sum(map(len, append.dedupe_key)))
        its = (
            append.message,
            append.sender,
            append.device,
            append.epoch,
            append.kind,
            append.payload_ref,
            append.payload,
            message.stored_at,
            append.simpler,
        )
        self.tell(Persisted, append.conversation, seq, *its)
        strategy = fan_out.strategy(message.audience)
        self.tell(FanOutChosen, append.conversation, seq, strategy, inbox, message.audience)
        if append.kind in ("join", "leave"):
            self._change_membership(table, message)
        return Appended(seq, False, False, message.audience, message.stored_at)

    @decision
    def first_members(self, append: Append) -> Sequence[str]:
        """Who are members of a conversation that is being created, its owner first (P13, P21): all whom its creator named.

        They are there with the first row, in one transaction: nobody has to join, and none is left out if somebody dies.

        Variant::

            def first_members(self, append):
                return append.members[:1]
        """
        return append.members

    def _to_begin(self, append: Append, at: int) -> ConversationTable:
        """The tables of a conversation that is not there, as this append would create them: with no members if it would not."""
        if append.kind != "create" or append.sender not in append.members:
            return self.table(append.conversation)
        members = self.first_members(append)
        return self._new_table("direct" if len(set(members)) == 2 else "group", at, members, append.subject)

    def _new_table(self, type: str, at: int, members: Sequence[str], title: str = "") -> ConversationTable:
        """The tables of a conversation with these members, its owner first, and nothing in it."""
        rows = {user: Member("member" if i else "owner", ((1, OPEN),)) for i, user in enumerate(members)}
        table = ConversationTable(type, at, rows, title=title)
        table.devices.keeps_status = self.stores_status(len(rows))
        table.devices.receipts, table.devices.live = self.receipts_form(len(rows))
        return table

    def _begin(self, table: ConversationTable, append: Append) -> None:
        """The conversation is there, with the row that is being written."""
        self.conversations[append.conversation] = table
        self.charge("conversations", 1, 16 + len(append.conversation) + len(table.title))
        members = tuple(table.members)
        self.charge("membership", len(members), sum(24 + len(user) for user in members))
        form = (table.devices.receipts, table.devices.live)
        its = (append.sender, table.title, table.created_at)
        self.tell(ConversationOpened, append.conversation, table.type, members, 0, False, *form, *its)
        self.tell_blocks(append.conversation)

    def _change_membership(self, table: ConversationTable, row: Message) -> None:
        """The join or leave takes effect with its row: what follows is after it."""
        user = row.subject
        self.charge("membership", 1, 24 + len(user))
        if row.kind == "join":
            returning = table.former.pop(user) if user in table.former else table.members.get(user)
            member = returning or Member("member", ())
            first = self.reads_from(row.seq)
            table.members[user] = Member("member", (*member.spans, (first, OPEN)))
            table.joined[user] = row.seq
            self.tell(MemberJoined, row.conversation, row.seq, user, row.sender, first)
        else:
            last = self.reads_to(row.seq)
            member = table.members.pop(user) if user in table.members else Member("member", ((last + 1, last),))
            table.former[user] = Member("member", (*member.spans[:-1], (member.spans[-1][0], last)))
            if member.role == "owner" and table.members:
                heir, its = next(iter(table.members.items()))
                table.members[heir] = its._replace(role="owner")
            self.tell(MemberLeft, row.conversation, row.seq, user, row.sender, last)

    def conclude(self, done: tuple[Call, Wire]) -> None:
        answer = done[1]
        if isinstance(answer, Appended) and not answer.duplicate:
            self.point("committed", self._appended, done)
        else:
            self.respond(*done)

    def _appended(self, done: tuple[Call, Wire]) -> None:
        self.respond(*done)

    def apply_mark_published(self, mark: MarkPublished, at: int) -> None:
        if self.conversations[mark.conversation].outbox.pop(mark.seq, None):
            self.charge("outbox", 1, 0)

    def apply_write_inbox(self, write: WriteInbox, at: int) -> Wire:
        """A row of the message for each user; one that is there already stays."""
        for user in write.users:
            row = (user, write.conversation, write.seq)
            if row not in self.inbox_rows:
                self.inbox_rows.add(row)
                entries = self.entries.setdefault(user, {})
                entry = entries.get(write.conversation)
                if entry is None:
                    entry = entries[write.conversation] = InboxEntry()
                sender = user if user in write.hidden else write.sender
                entry.take(user, write.seq, sender, write.kind, write.subject)
                self.charge("inbox", 1, 16 + len(user))
                self.tell(InboxStored, user, write.conversation, write.seq)
        return Recorded()

    def apply_inbox_mark(self, mark: InboxMark, at: int) -> None:
        entry = self.entries.get(mark.user, {}).get(mark.conversation)
        if entry is not None:
            entry.mark(mark.upto)

    def apply_cursor_update(self, update: CursorUpdate, at: int) -> None:
        self.take_cursor(self.conversations[update.conversation], update, at)

    def apply_read_update(self, update: ReadUpdate, at: int) -> None:
        table = self.conversations[update.conversation]
        stored = table.read.get(update.user, 0)
        merged = self.merge_read(stored, update.upto)
        if merged != stored:
            table.read[update.user] = merged
            self.charge("read marks", 1, 16 + len(update.user))
            self.tell(ReadStored, update.user, update.conversation, merged)
            self.write_status(table, update.conversation, update.user, update.user, "read", merged)
            if table.devices.live:
                self.moved(update.conversation)

    def apply_record_failures(self, record: RecordFailures, at: int) -> Wire:
        table = self.conversations[record.conversation]
        new = [device for device in record.devices if (record.seq, device) not in table.failures]
        for device in new:
            table.failures[record.seq, device] = (record.reason, at)
            self.charge("failures", 1, 24 + len(device))
            self.tell(DeliveryFailed, device, record.conversation, record.seq, record.reason, record.ttl)
        if new:
            self._alert(table, record.conversation, record.reason, len(new))
        return Recorded()

    def _alert(self, table: ConversationTable, conversation: str, reason: str, failures: int) -> None:
        """Counts failures, and raises an alert if there are enough that none has told of."""
        untold = table.untold.get(reason, 0) + failures
        if self.raises_alert(untold):
            self.tell(FailureAlert, conversation, reason, untold)
            untold = 0
        table.untold[reason] = untold

    def apply_last_seen(self, seen: LastSeen, at: int) -> None:
        if seen.at > self.last_seen.get(seen.user, -1):
            self.last_seen[seen.user] = seen.at
            self.charge("last seen", 1, 8 + len(seen.user))
            self.tell(LastSeenStored, seen.user, seen.at)

    def apply_dead_letter(self, letter: DeadLetter, at: int) -> Wire:
        """A task that nobody could finish may have left inboxes without their row: the log is listed instead (D10)."""
        table = self.conversations[letter.conversation]
        if (letter.seq, letter.user) not in table.failures:
            table.failures[letter.seq, letter.user] = ("dead letter", at)
            self.charge("failures", 1, 24)
            table.listed = max(table.listed, letter.seq)
            self.tell(ListedInLog, letter.conversation, letter.seq, "dead letter")
            self._alert(table, letter.conversation, "dead letter", 1)
        return Recorded()

    def apply_acquire_lease(self, acquire: AcquireLease, at: int) -> Wire:
        """Gives the partition's lease to a new owner when the last one's is over; its owner may renew it."""
        if acquire.owner == self.lease_owner and at < self.lease_until:
            self.lease_until = at + acquire.ttl
        elif at >= self.lease_until:
            self.lease_owner, self.lease_epoch = acquire.owner, self.lease_epoch + 1
            self.lease_until = at + acquire.ttl
        return LeaseIs(self.lease_owner, self.lease_epoch, self.lease_until - at)

    # --- for the history ---------------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, ConversationTable]:
        return self.conversations

    def entries_lost(self, before: dict[str, ConversationTable]) -> None:
        for name, table in before.items():
            now = self.conversations[name]
            for seq, row in table.rows.items():
                if seq not in now.rows and seq > now.removed:
                    self.emit(RowLost, name, seq, "" if row.kind == "filler" else row.message)

    def luck_of(self, payload: Wire, source: Call | None) -> int:
        """The draw for how long an operation takes: that of its answer, or the median for one that gets none."""
        if source is None:
            return _MEDIAN
        which = source.key
        return self.draws.u64(_SERVICE_TIME, which, self.network.counted(which ^ _SERVICE_TIME))

    def answer_busy(self, payload: Append, source: Call, wait: int) -> None:
        self.emit(SendHeldBack, payload.device, payload.conversation, payload.message, "busy", wait)
        self.reply(source, AppendRefused("busy", 0, retry_after=wait))

    def respond(self, call: Call, answer: Wire) -> None:
        draw = self.draws.u64(_SERVICE_TIME, call.key, self.network.count(call.key ^ _SERVICE_TIME))
        self.reply(call, answer, self._sample_service_time(draw))
