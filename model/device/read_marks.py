"""How a device keeps what its user has read, its badges, and the receipts of what it sent (P9, P10).

Promises kept here: reading on one device marks read on the others; marks only move forward; at rest the badge is the
number of others' messages above the mark. What may fail: a mark gets lost on its way; the next digest shows it, and it
is sent again.

Requirements: C1, P9, P10.
"""

from __future__ import annotations

from collections.abc import Sequence

from model.content import Message
from model.decisions import Index, Seq, decision
from model.device.attachments import Attachments
from model.device.database import LocalConversation
from model.events import ReadByShown, ReadMarkMoved, ReceiptCountsShown, ReceiptsShown, UnreadShown, Viewed
from model.wire.client import Head, LiveReceipts, ReadMark, Receipt
from sim.network import Connection
from sim.state import Marks


class ReadMarks(Attachments):
    """Read marks, badges and receipts."""

    marks = Marks(volatile="_receipts _read_by _counts")

    def boot(self) -> None:
        super().boot()
        self._receipts: dict[str, tuple[int, int, int]] = {}
        self._read_by: dict[tuple[str, str], int] = {}
        """By conversation and user: up to where another member has read."""
        self._counts: dict[str, tuple[int, int, int]] = {}

    # --- decisions ---------------------------------------------------------------------------------------------------

    @decision
    def merge_mark(self, mine: Seq, theirs: Seq) -> Seq:
        """The read mark of a device that learns of the store's (P6, P10): the larger of both.

        Variant::

            def merge_mark(self, mine, theirs):
                return theirs
        """
        return max(mine, theirs)

    @decision
    def counts_as_unread(self, row: Message) -> bool:
        """Whether a shown message above the read mark counts in the badge (P10): if somebody else sent it, who is not blocked.

        Variant::

            def counts_as_unread(self, row):
                return True
        """
        return row.sender != self.user and not row.kind and not self.is_hidden(row)

    @decision
    def unread_after_reading(self, local: LocalConversation) -> int:
        """The badge when the read mark or the membership has changed (P10): counted anew from the rows above the mark.

        A conversation that the user has left has none; one that the user came back to counts from the return. Taking away
        what was read would drift with every mark that comes twice, and could go below zero.

        Variant::

            def unread_after_reading(self, local):
                return 0
        """
        if local.left:
            return 0
        rows = (local.rows.get(seq) for seq in range(max(local.read, local.since) + 1, local.shown + 1))
        return sum(1 for row in rows if row is not None and self.counts_as_unread(row))

    @decision
    def unread_after_showing(self, local: LocalConversation, new: Index) -> Index:
        """The badge when so many `new` messages that count have just appeared (P10): so many more than before.

        All that is above the read mark would be the same, counted over every row of a conversation for each that comes.

        Variant::

            def unread_after_showing(self, local, new):
                return local.unread + 1
        """
        return local.unread + new

    @decision
    def reads_up_to(self, local: LocalConversation) -> Seq:
        """Up to which seq a user has read who looks at the conversation now (P9): what is on this screen.

        Variant::

            def reads_up_to(self, local):
                return local.shown + 1
        """
        return local.shown

    @decision
    def merge_receipts(self, shown: tuple[Seq, Seq, Seq], told: tuple[Seq, Seq, Seq]) -> tuple[Seq, Seq, Seq]:
        """The receipts that are shown, given those shown so far and those that are told (P9): the larger of each.

        Digests and what is told at once overtake each other. What was delivered or read once does not become undone.

        Variant::

            def merge_receipts(self, shown, told):
                return told
        """
        return max(shown[0], told[0]), max(shown[1], told[1]), max(shown[2], told[2])

    @decision
    def merge_counts(self, shown: tuple[Seq, int, int], told: tuple[Seq, int, int]) -> tuple[Seq, int, int]:
        """The counts that are shown, given those shown so far and those that are told (P9): of the newer message.

        Of the same message, the larger of each: a device that was wiped had it all the same.

        Variant::

            def merge_counts(self, shown, told):
                return told
        """
        if shown[0] != told[0]:
            return max(shown, told)
        return shown[0], max(shown[1], told[1]), max(shown[2], told[2])

    @decision
    def heeds(self, receipt: Receipt) -> bool:
        """Whether what is told at once is taken in (P9, P10): always. The next digest would say it too, a minute later.

        Variant::

            def heeds(self, receipt):
                return False
        """
        return True

    # --- reading -----------------------------------------------------------------------------------------------------

    def read(self, name: str) -> None:
        """The user reads what the device shows."""
        local = self.conversation(name)
        self.emit(Viewed, self.name, name, local.shown)
        self._mark(name, local, max(local.read, self.reads_up_to(local)), "this device")
        self._tell(name, local)

    def _mark(self, name: str, local: LocalConversation, to: int, by: str) -> None:
        if to != local.read:
            local.read = to
            self.emit(ReadMarkMoved, self.name, name, to, by)
            self._badge(name, local, self.unread_after_reading(local))

    def _tell(self, name: str, local: LocalConversation) -> None:
        if local.read:
            self.transmit(ReadMark(self.name, name, local.read))

    def _badge(self, name: str, local: LocalConversation, unread: int) -> None:
        if unread != local.unread:
            local.unread = unread
            self.emit(UnreadShown, self.name, name, unread)

    def shown_now(self, name: str, rows: Sequence[Message]) -> None:
        super().shown_now(name, rows)
        local = self.database[name]
        mine = [row for row in rows if row.subject == self.user]
        if mine:
            local.left, local.since = mine[-1].kind == "leave", mine[-1].seq
            self._badge(name, local, self.unread_after_reading(local))
            return
        new = 0
        for row in rows:
            if row.seq > local.read and self.counts_as_unread(row):
                new += 1
        if new:
            self._badge(name, local, self.unread_after_showing(local, new))

    def heard_of(self, head: Head) -> None:
        """Takes another device's mark in, repeats a mark that the store lacks, and shows receipts that have changed."""
        local = self.database[head.conversation]
        self._told(head, local)
        if local.read > head.read:
            self._tell(head.conversation, local)

    def on_live_receipts(self, frame: LiveReceipts, connection: Connection) -> None:
        """Another device's mark, and receipts, as soon as they have moved: of conversations that the device knows."""
        self.last_heard = self.now
        for receipt in frame.receipts:
            local = self.database.get(receipt.conversation)
            if local is not None and self.heeds(receipt):
                self._told(receipt, local)

    def _told(self, told: Head | Receipt, local: LocalConversation) -> None:
        """Takes in a mark and receipts, and shows what has changed."""
        name = told.conversation
        self._mark(name, local, self.merge_mark(local.read, told.read), "another device")
        shown = self._receipts.get(name, (0, 0, 0))
        receipts = self.merge_receipts(shown, (told.delivered_to_one, told.delivered_to_all, told.read_by_all))
        if receipts != shown:
            self._receipts[name] = receipts
            self.emit(ReceiptsShown, self.name, name, *receipts)
        for user, upto in told.read_by:
            if upto > self._read_by.get((name, user), 0):
                self._read_by[name, user] = upto
                self.emit(ReadByShown, self.name, name, user, upto)
        if told.counts[0]:
            before = self._counts.get(name, (0, 0, 0))
            counts = self.merge_counts(before, told.counts)
            if counts != before:
                self._counts[name] = counts
                self.emit(ReceiptCountsShown, self.name, name, *counts)
