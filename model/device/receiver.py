"""How a device takes messages in (P5): dedupe, gap buffer, local write, screen, ack.

Promises kept here: a message is shown once, in the order of `seq` (G1, G2); the cursor never passes what the local
database holds (P6). What may fail: the app is killed at any point; pushes come late, twice or never.

Requirements: C1, P5, P6, G1, G2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from model.content import Message
from model.decisions import Micros, Seq, decision, setting
from model.device.database import Database, LocalConversation, Transaction
from model.events import (
    AckSent,
    CursorMoved,
    DuplicateIgnored,
    GapFilled,
    GapOpened,
    PlaceholderReplaced,
    Shown,
    Stored,
)
from model.wire.client import Ack, PushMessage
from sim.network import Connection


class _Write:
    """A write to the local database under way, transaction by transaction."""

    __slots__ = ("conversation", "filled", "step", "transactions", "via")

    def __init__(
        self, conversation: str, transactions: Sequence[Transaction], via: dict[int, str], *, filled: bool
    ) -> None:
        self.conversation = conversation
        self.transactions = transactions
        self.via = via
        self.filled = filled
        self.step = 0


class Receiver(Database):
    """Takes in what is pushed, synced, or learned from the answer to an own send."""

    points: ClassVar[tuple[str, ...]] = ("received", "writing", "stored", "shown", "acked")

    gap_wait = setting(
        500_000,
        unit="µs",
        why="How long a gap may stay open before the device fetches what is missing.",
        source="Telegram clients (grammers defs.rs): 0.5 s",
    )

    def boot(self) -> None:
        super().boot()
        for name, local in self.database.items():
            self._show([row for seq, row in sorted(local.rows.items()) if seq > local.shown], name)
            if local.placeholders:
                self._replace_placeholders(name, local)

    # --- decisions ---------------------------------------------------------------------------------------------------

    @decision
    def is_duplicate(self, local: LocalConversation, message: Message) -> bool:
        """Whether the local database already holds what arrived (P5): by its seq or by its message_id.

        Variant::

            def is_duplicate(self, local, message):
                return False
        """
        return message.seq <= local.cursor or message.message in local.ids

    @decision
    def takes(self, message: Message) -> bool:
        """Whether a message is taken in whose payload is not text (P16): always, be its type known to this app or not.

        A device that leaves out what it doesn't know has a hole there, and waits before it for ever.

        Variant::

            def takes(self, message):
                return self.knows(message)
        """
        return True

    @decision
    def renders(self, row: Message) -> Literal["content", "placeholder", ""]:
        """How a message appears whose payload is not text (P16): its 'content' if the app knows the type, else a 'placeholder'.

        '' leaves it out. The placeholder keeps the place, so that order and counts are the same on every device.

        Variant::

            def renders(self, row):
                return "content"
        """
        return "content" if self.knows(row) else "placeholder"

    @decision
    def next_cursor(self, cursor: Seq, waiting: Sequence[Seq]) -> Seq:
        """The delivered cursor, when the seqs in `waiting` (ascending, not yet stored) have arrived (P5, P6).

        The highest contiguous one: everything up to the cursor is held, so that a sync from it misses nothing. What
        lies beyond stays in the gap buffer.

        Variant::

            def next_cursor(self, cursor, waiting):
                return max(cursor, *waiting)
        """
        for seq in waiting:
            if seq != cursor + 1:
                break
            cursor = seq
        return cursor

    @decision
    def local_writes(self, rows: Sequence[Message], cursor: Seq) -> Sequence[Transaction]:
        """The transactions that store received rows and the new cursor (P5): one, with both.

        A crash between two transactions leaves one without the other; a cursor without its rows is lost data.

        Variant::

            def local_writes(self, rows, cursor):
                return [Transaction([], cursor), Transaction(rows, None)]
        """
        return (Transaction(rows, cursor),)

    @decision
    def display_order(self, rows: Sequence[Message]) -> Sequence[Message]:
        """In which order newly stored rows are shown (P5): by seq, as they are given.

        Variant::

            def display_order(self, rows):
                return sorted(rows, key=lambda row: row.sent_at)
        """
        return rows

    @decision
    def is_hidden(self, row: Message) -> bool:
        """Whether a row only takes its place, and nothing of it is seen (P23): if the store says that its sender is blocked.

        It is stored and acked like others, so that nobody waits for it, and no number is missing.

        Variant::

            def is_hidden(self, row):
                return False
        """
        return self.user in row.hidden_from

    @decision
    def shows_early(self, message: Message) -> bool:
        """Whether a message that came out of order is shown before the gap in front of it is closed (P5): no.

        Variant::

            def shows_early(self, message):
                return True
        """
        return False

    @decision
    def ack_upto(self, local: LocalConversation, seq: Seq) -> Seq:
        """What the device acks when it has dealt with `seq` (P5, P6): its cursor, the highest contiguous seq it holds.

        Variant::

            def ack_upto(self, local, seq):
                return seq
        """
        return local.cursor

    @decision
    def acks_duplicates(self) -> bool:
        """Whether a pushed message that the device already holds is acked again (P5): yes, the first ack may be lost.

        Variant::

            def acks_duplicates(self):
                return False
        """
        return True

    @decision
    def gap_delay(self, missing: int) -> Micros:
        """How long, in µs, a gap of `missing` messages may stay open before the device fetches them (P5).

        Variant::

            def gap_delay(self, missing):
                return 0
        """
        return self.gap_wait

    # --- receiving ---------------------------------------------------------------------------------------------------

    def on_push(self, push: PushMessage, connection: Connection) -> None:
        self.last_heard = self.now
        self.point("received", self._pushed, push.message)

    def _pushed(self, message: Message) -> None:
        self.take((message,), "push")

    def take(self, messages: Sequence[Message], via: str, after: int = 0) -> None:
        """Takes in what arrived of one conversation: ignored if held, stored if it is next, else in the gap buffer.

        What is next is counted from the cursor, or from `after` if that is more: there is nothing for the user in between.
        """
        self._take(messages[0].conversation, messages, via, after)

    def pass_over(self, name: str, upto: int) -> None:
        """There is nothing to be had up to `upto`, and nothing that follows it: the cursor passes it."""
        self._take(name, (), "", upto)

    def _take(self, name: str, messages: Sequence[Message], via: str, after: int) -> None:
        local = self.database.get(name) or self.conversation(name)
        reception = self.receptions.get(name) or self.reception(name)
        buffer = reception.buffer
        new = 0
        for message in messages:
            seq = message.seq
            if message.payload and not self.takes(message):
                continue
            if seq in buffer or self.is_duplicate(local, message):
                self.emit(DuplicateIgnored, self.name, name, seq, message.message, via)
                if via == "push" and seq not in buffer and self.acks_duplicates():
                    self.ack(name, seq)
            else:
                buffer[seq] = (message, via)
                new = seq
                if seq > reception.heard:
                    reception.heard = seq
        if messages and not new and not (buffer and after > local.cursor):
            return
        waiting = sorted(buffer) if len(buffer) > 1 or not new else (new,)
        start = max(local.cursor, after)
        asked = waiting if start == local.cursor else [seq for seq in waiting if not local.cursor < seq <= start]
        cursor = self.next_cursor(start, asked) if asked else start
        taken = [buffer.pop(seq) for seq in waiting if seq <= cursor]
        if taken or not messages:
            filled, reception.gap = reception.gap and not buffer, bool(buffer)
            if buffer:
                self._next_gap(name, min(buffer) - cursor - 1)
            transactions = self.local_writes([row for row, _ in taken], cursor)
            self._write(_Write(name, transactions, {row.seq: how for row, how in taken}, filled=filled))
            return
        if new and self.shows_early(buffer[new][0]):
            self._show((buffer[new][0],), name)
        if not reception.gap:
            reception.gap = True
            self.emit(GapOpened, self.name, name, local.cursor, new)
            self._await(name, waiting[0] - local.cursor - 1)

    def _next_gap(self, name: str, missing: int) -> None:
        """Behind a gap that is closed there is another one: it is waited for anew."""
        self._await(name, missing)

    def _await(self, name: str, missing: int) -> None:
        """Waits for a gap of so many messages to close by itself."""
        self.after(self.gap_delay(missing), self._gap_timeout, name)

    def _write(self, write: _Write) -> None:
        self.point("writing", self._commit, write)

    def _commit(self, write: _Write) -> None:
        """Commits the next transaction to the local database."""
        rows, cursor = write.transactions[write.step]
        name = write.conversation
        local = self.database[name]
        for row in rows:
            local.rows[row.seq] = row
            local.ids[row.message] = row.seq
            if local.window.pop(row.seq, None) is None:
                self.emit(Stored, self.name, name, row.seq, row.message, write.via[row.seq])
        if cursor is not None and cursor != local.cursor:
            local.cursor = cursor
            self.emit(CursorMoved, self.name, name, cursor)
        write.step += 1
        if write.step < len(write.transactions):
            self._write(write)
        else:
            self.point("stored", self._stored, write)

    def _stored(self, write: _Write) -> None:
        rows = [row for transaction in write.transactions for row in transaction.rows]
        name = write.conversation
        if write.filled:
            self.emit(GapFilled, self.name, name, self.database[name].cursor)
        self._show(rows, name)
        self.point("shown", self._shown, (name, rows[-1].seq if rows else 0))

    def _show(self, rows: Sequence[Message], name: str) -> None:
        local = self.database[name]
        for row in self.display_order(rows):
            if row.kind == "filler":
                continue
            how = self.renders(row) if row.payload and not row.simplified else "content"
            if how:
                held, simpler, hidden = how == "placeholder", row.simplified, self.is_hidden(row)
                seen = "" if held or simpler or hidden else self.seen(row, row.sender)
                its = (row.seq, row.message, row.sender, held, row.stored_at, seen, simpler, hidden)
                self.emit(Shown, self.name, name, *its)
            if how == "placeholder" and not self.is_hidden(row):
                local.placeholders[row.seq] = None
            local.shown = max(local.shown, row.seq)
        self.shown_now(name, rows)

    def _replace_placeholders(self, name: str, local: LocalConversation) -> None:
        """Shows the content where an older version of the app showed a placeholder: at the same place, not once more."""
        for row in [local.rows[seq] for seq in local.placeholders]:
            if self.renders(row) == "content":
                del local.placeholders[row.seq]
                self.emit(PlaceholderReplaced, self.name, name, row.seq, row.message, self.seen(row, row.sender))

    def knows(self, message: Message) -> bool:
        """Whether this version of the app knows the message's payload type."""
        return self.can_send(message.payload)

    def shown_now(self, name: str, rows: Sequence[Message]) -> None:
        """These rows have just appeared on the screen of a conversation; the Reader keeps its badge."""

    def _shown(self, what: tuple[str, int]) -> None:
        self.ack(*what)

    def ack(self, conversation: str, seq: int) -> None:
        """Tells the server how far the device holds the conversation; nothing, if it is not connected."""
        if self.connected:
            upto = self.ack_upto(self.database[conversation], seq)
            self.emit(AckSent, self.name, conversation, upto)
            self.transmit(Ack(self.name, conversation, upto, self.installation))
            self.point("acked", _nothing)

    def _gap_timeout(self, name: str) -> None:
        if self.reception(name).buffer:
            self.sync(name, "gap")


def _nothing(_: object) -> None:
    pass
