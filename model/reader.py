"""How a device keeps what its user has read, its badges, and the receipts of what it sent (P9, P10).

Promises kept here: reading on one device marks read on the others; marks only move forward; at rest the badge is the
number of others' messages above the mark. What may fail: a mark gets lost on its way; the next digest shows it, and it
is sent again.

Requirements: C1, P9, P10.
"""

from __future__ import annotations

from model.client import LocalConversation
from model.decisions import decision
from model.events import ReadMarkMoved, ReceiptsShown, UnreadShown
from model.outbox import Outbox
from model.wire import Head, ReadMark


class Reader(Outbox):
    """Read marks, badges and receipts."""

    def boot(self) -> None:
        super().boot()
        self._receipts: dict[str, tuple[int, int, int]] = {}

    # --- decisions ---------------------------------------------------------------------------------------------------

    @decision
    def merge_mark(self, mine: int, theirs: int) -> int:
        """The read mark of a device that learns of the store's (P6, P10): the larger of both.

        Variant::

            def merge_mark(self, mine, theirs):
                return theirs
        """
        return max(mine, theirs)

    @decision
    def count_unread(self, local: LocalConversation) -> int:
        """The badge of a conversation (P10): the shown messages of others above the read mark.

        Counted from the rows, not kept by adding and taking away: so that it can't drift, and never is negative.

        Variant::

            def count_unread(self, local):
                return local.cursor - local.read
        """
        unread, seq = 0, local.cursor
        while seq > local.read:
            row = local.rows.get(seq)
            if row is not None and row.kind != "filler" and row.sender != self.user:
                unread += 1
            seq -= 1
        return unread

    @decision
    def reads_up_to(self, local: LocalConversation) -> int:
        """Up to which seq a user has read who looks at the conversation now (P9): what is on this screen.

        Variant::

            def reads_up_to(self, local):
                return local.shown + 1
        """
        return local.shown

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
            self.screen_changed(name)

    def _tell(self, name: str, local: LocalConversation) -> None:
        if local.read:
            self.transmit(ReadMark(self.name, name, local.read))

    def screen_changed(self, name: str) -> None:
        local = self.database[name]
        unread = self.count_unread(local)
        if unread != local.unread:
            local.unread = unread
            self.emit(UnreadShown, self.name, name, unread)

    def heard_of(self, head: Head) -> None:
        """Takes another device's mark in, repeats a mark that the store lacks, and shows receipts that have changed."""
        local = self.database[head.conversation]
        self._mark(head.conversation, local, self.merge_mark(local.read, head.read), "another device")
        if local.read > head.read:
            self._tell(head.conversation, local)
        receipts = (head.delivered_to_one, head.delivered_to_all, head.read_by_all)
        if receipts != self._receipts.get(head.conversation, (0, 0, 0)):
            self._receipts[head.conversation] = receipts
            self.emit(ReceiptsShown, self.name, head.conversation, *receipts)
