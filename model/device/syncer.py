"""How a device fetches what it misses (P7): page by page from its cursor, after a connect, a digest or a gap.

Promise kept here: a device that reconnects converges from its cursor alone (G4). What may fail: pages get lost or come
late; a page that races a push is harmless.

Requirements: C1, P7, G4.
"""

from __future__ import annotations

from model.decisions import Seq, decision, setting
from model.device.database import LocalConversation, Reception
from model.device.receiver import Receiver
from model.events import CursorMoved, SyncPageReceived, SyncRequested
from model.wire.client import Digest, Head, HeadHint, Resume, SyncPage, SyncRequest
from sim.network import Connection
from sim.state import Marks


class Syncer(Receiver):
    """Compares digests with cursors, and asks for pages."""

    marks = Marks(volatile="_synced _digested")

    resumes_by = setting(
        "digest",
        unit="policy",
        why="How a device that has connected goes on: by the digest, which says what is behind and also what is new to it; or "
        "by sending its cursors at once, which saves a round trip and reads a page of every conversation.",
        choices=("digest", "cursors"),
    )
    sync_timeout = setting(5_000_000, unit="µs", why="How long a sync page may take before it is asked for again.")

    def boot(self) -> None:
        super().boot()
        self._synced = False
        self._digested = False
        """Whether a digest has come by this connection."""

    def connected_now(self) -> None:
        super().connected_now()
        self._synced = self._digested = False
        if self.resumes_by == "cursors" and self.database:
            self._resume()

    def disconnected_now(self) -> None:
        super().disconnected_now()
        for reception in self.receptions.values():
            self._sync_over(reception)

    # --- decisions ---------------------------------------------------------------------------------------------------

    @decision
    def sync_from(self, local: LocalConversation) -> Seq:
        """After which seq a sync continues (P7): after the delivered cursor.

        A page may overlap what the device holds: that is ignored, row by row. But a page ends where it is full, and where a
        span of membership ends. Who always asks for what is before the cursor gets the same page for ever, once that page
        ends at the cursor: a user who was away comes to the next span only by asking after the end of the last one.

        Variant::

            def sync_from(self, local):
                return max(0, local.cursor - 1)
        """
        return local.cursor

    @decision
    def resumes_from(self, local: LocalConversation) -> Seq:
        """After which seq a device that sends its cursors is to be streamed a conversation (P7): as far as the store has it.

        That is the cursor of the last digest, if the device's own is not lower. The ack of what came since may be lost, and
        is owed again: what is streamed once more is ignored, and acked. Nothing is lost by it but a page.

        Variant::

            def resumes_from(self, local):
                return local.cursor
        """
        return min(local.cursor, local.confirmed)

    @decision
    def needs_sync(self, local: LocalConversation, head: Seq) -> bool:
        """Whether a conversation whose head is `head` must be synced (P7): if the cursor is behind.

        Variant::

            def needs_sync(self, local, head):
                return head > local.cursor + 5
        """
        return head > local.cursor

    @decision
    def tells_store(self, local: LocalConversation, head: Head) -> bool:
        """Whether the store must hear of this installation, by an ack of whatever it holds (P10): while it knows another.

        Comparing cursors is not enough: if the first acks of a new installation are lost, and it has caught up meanwhile, both
        have the same number, and the store's stands for a database that is gone.

        Variant::

            def tells_store(self, local, head):
                return head.cursor > local.cursor
        """
        return head.installation != self.installation

    @decision
    def continues_after(self, local: LocalConversation, page: SyncPage) -> Seq:
        """After which seq a page's rows continue what the device holds (P7, P13): its cursor, or where the page begins.

        A user who comes back to a conversation may not read what was said meanwhile, and what is too old is kept no more. Only a
        page that was asked for from where the device is can say so. One that is empty says how far there is nothing.

        Variant::

            def continues_after(self, local, page):
                return page.messages[0].seq - 1 if page.messages else local.cursor
        """
        return max(local.cursor, page.first - 1) if page.after <= local.cursor else local.cursor

    @decision
    def first_cursor(self, head: Head) -> Seq:
        """The cursor with which a device begins that has nothing of a conversation (P10): 0, whatever the store knows of it.

        The store's cursor says what an earlier installation held. A wiped device has none of it.

        Variant::

            def first_cursor(self, head):
                return head.cursor
        """
        return 0

    @decision
    def hears_of(self, local: LocalConversation, head: Head) -> bool:
        """Whether a device takes the read mark and the receipts of a conversation from a digest (P9, P10): always.

        They change long after the messages that they are about, and without a new one.

        Variant::

            def hears_of(self, local, head):
                return head.head > local.read
        """
        return True

    # --- syncing -----------------------------------------------------------------------------------------------------

    def on_digest(self, digest: Digest, connection: Connection) -> None:
        """Compares heads with cursors: syncs what is behind, and repeats an ack that the store seems to lack.

        A store that knows an earlier installation is told of this one before the sync, so that nobody takes for delivered
        what is gone.
        """
        self.last_heard, self._digested = self.now, True
        why, self._synced = ("digest" if self._synced else "connect"), True
        for head in digest.heads:
            local = self.database.get(head.conversation) or self._begin(head)
            self._hear(head.conversation, head.head)
            told = self.tells_store(local, head)
            if not told and self.resumes_by == "cursors":
                local.confirmed = head.cursor
            if told:
                self.ack(head.conversation, local.cursor)
            if not self.life.running:
                return
            if self.needs_sync(local, head.head):
                self.sync(head.conversation, why)
            elif head.cursor < local.cursor and not told:
                self.ack(head.conversation, local.cursor)
            if not self.life.running:
                return
            if self.hears_of(local, head):
                self.heard_of(head)

    def on_head_hint(self, hint: HeadHint, connection: Connection) -> None:
        """There is something new: it is fetched, unless it is here by now. Then it is acked once more: that is waited for."""
        self.last_heard = self.now
        name = hint.conversation
        local, reception = self.conversation(name), self.reception(name)
        self._hear(name, hint.head)
        if not self.needs_sync(local, hint.head):
            if self.acks_duplicates():
                self.ack(name, local.cursor)
        elif reception.syncing is not None:
            reception.hinted = True
        else:
            self.sync(name, "hint")

    def _hear(self, name: str, seq: int) -> None:
        reception = self.reception(name)
        if seq > reception.heard:
            reception.heard = seq

    def _begin(self, head: Head) -> LocalConversation:
        """Begins a conversation of which nothing is here."""
        local = self.conversation(head.conversation)
        cursor = self.first_cursor(head)
        if cursor:
            local.cursor = cursor
            self.emit(CursorMoved, self.name, head.conversation, cursor)
        return local

    def heard_of(self, head: Head) -> None:
        """What else a digest says of a conversation; the Reader takes marks and receipts from it."""

    def sync(self, name: str, why: str) -> None:
        """Asks for the page after the cursor, unless one is on its way."""
        reception = self.reception(name)
        if not self.connected or reception.syncing is not None:
            return
        after = self.sync_from(self.conversation(name))
        self._syncing(name, after, why)
        self.transmit(SyncRequest(self.name, name, after, max(reception.heard, after)))

    def _syncing(self, name: str, after: int, why: str) -> None:
        reception = self.reception(name)
        reception.syncing = self.after(self.sync_timeout, self._sync_timeout, name)
        reception.asked = self.conversation(name).cursor
        self.emit(SyncRequested, self.name, name, after, why, reception.heard)

    def _resume(self) -> None:
        """Sends all cursors in one frame (P7): what follows each of them is streamed, a page at a time."""
        self._synced = True
        cursors: list[tuple[str, int, int]] = []
        for name, local in self.database.items():
            reception, after = self.reception(name), self.resumes_from(local)
            if reception.syncing is None:
                self._syncing(name, after, "connect")
                cursors.append((name, after, max(reception.heard, local.cursor)))
        self.transmit(Resume(self.name, tuple(cursors)))

    def _sync_timeout(self, name: str) -> None:
        self._sync_over(self.reception(name))
        self.sync(name, "retry")

    def _sync_over(self, reception: Reception) -> None:
        if reception.syncing is not None:
            reception.syncing.cancel()
            reception.syncing = None
            reception.hinted = False

    def on_sync_page(self, page: SyncPage, connection: Connection) -> None:
        self.last_heard = self.now
        name = page.conversation
        local = self.conversation(name)
        reception = self.reception(name)
        hinted = reception.hinted
        self._sync_over(reception)
        self.emit(SyncPageReceived, self.name, name, page.after, len(page.messages), page.head)
        self._hear(name, page.head)
        before = local.cursor
        if page.messages:
            self.take(page.messages, "sync", self.continues_after(local, page))
        elif (upto := min(self.continues_after(local, page), page.head)) > before:
            self.pass_over(name, upto)
        again = page.after < before and self.resumes_by == "cursors"
        if self.life.running and again and page.messages and local.cursor == before:
            self.ack(name, before)  # all of it was here: what the store lacks is the ack
        if self.life.running and (again or local.cursor > reception.asked) and self.needs_sync(local, page.head):
            self.sync(name, "page")
        if self.life.running and hinted and self.needs_sync(local, reception.heard):
            self.sync(name, "hint")
