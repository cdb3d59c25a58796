"""How a device keeps what its user has read, its badges, and the receipts of what it sent (P9, P10).

Promises kept here: reading on one device marks read on the others; marks only move forward; at rest the badge is the
number of others' messages above the mark. What may fail: a mark gets lost on its way; the next digest shows it, and it
is sent again.

Requirements: C1, P9, P10.
"""

from __future__ import annotations

from collections.abc import Sequence

from model.content import Message
from model.decisions import Seq, decision
from model.device.attachments import Attachments
from model.device.database import LocalConversation
from model.events import ReadMarkMoved, ReceiptsShown, UnreadShown
from model.wire.client import Head, ReadMark
from sim.state import Marks


class ReadMarks(Attachments):
    """Read marks, badges and receipts."""

    marks = Marks(volatile="_receipts")

    def boot(self) -> None:
        super().boot()
        self._receipts: dict[str, tuple[int, int, int]] = {}

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
        """Whether a shown message above the read mark counts in the badge (P10): if somebody else sent it.

        Variant::

            def counts_as_unread(self, row):
                return True
        """
        return row.sender != self.user and not row.kind

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
    def reads_up_to(self, local: LocalConversation) -> Seq:
        """Up to which seq a user has read who looks at the conversation now (P9): what is on this screen.

        Variant::

            def reads_up_to(self, local):
                return local.shown + 1
        """
        return local.shown

    @decision
    def merge_receipts(self, shown: tuple[Seq, Seq, Seq], told: tuple[Seq, Seq, Seq]) -> tuple[Seq, Seq, Seq]:
        """The receipts that are shown, given those shown so far and those of a digest (P9): the larger of each.

        Digests overtake each other. What was delivered or read once does not become undone.

        Variant::

            def merge_receipts(self, shown, told):
                return told
        """
        return max(shown[0], told[0]), max(shown[1], told[1]), max(shown[2], told[2])

    # --- reading -----------------------------------------------------------------------------------------------------

    def read(self, name: str) -> None:
        """The user reads what the device shows."""
        local = self.conversation(name)
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
            self._badge(name, local, local.unread + new)

    def heard_of(self, head: Head) -> None:
        """Takes another device's mark in, repeats a mark that the store lacks, and shows receipts that have changed."""
        local = self.database[head.conversation]
        self._mark(head.conversation, local, self.merge_mark(local.read, head.read), "another device")
        if local.read > head.read:
            self._tell(head.conversation, local)
        shown = self._receipts.get(head.conversation, (0, 0, 0))
        receipts = self.merge_receipts(shown, (head.delivered_to_one, head.delivered_to_all, head.read_by_all))
        if receipts != shown:
            self._receipts[head.conversation] = receipts
            self.emit(ReceiptsShown, self.name, head.conversation, *receipts)
