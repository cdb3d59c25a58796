"""What members are told of each other's deliveries and reads: receipts, from the tables as they are (P9).

Promise kept here: a receipt says no more than the stored cursors, marks and statuses do. In a small conversation it goes
out at once, gathered for a moment, and says who has read; in a larger one it comes with the digest; in a large one it is a
count. What may fail: what is told at once gets lost, or is forgotten with the replica that gathered it. The next digest
says the same.

    1. ten messages are acked within a moment: one frame for each sender's device, and not ten
    2. the leader dies with what it had gathered: the senders see it with their next digest

Requirements: C5, P9, P10.
"""

from __future__ import annotations

from collections.abc import Sequence

from model.decisions import Seq, decision, setting
from model.store.device_tables import DeviceTables
from model.store.election import LEADER
from model.store.tables import ConversationTable
from model.wire.client import Receipt
from model.wire.service import ReceiptsMoved
from sim.state import Marks

_NOTHING = Receipt("", 0, 0, 0, 0, ())


class Receipts(DeviceTables):
    """The part of a store partition that says how far the others are."""

    marks = Marks(volatile="_moved _told")

    receipts_threshold = setting(
        100, unit="members", why="Groups that begin larger show receipts as counts: nobody reads a list of names there."
    )
    live_up_to = setting(
        8,
        unit="members",
        why="Conversations that begin with so many members at most show receipts at once; 0: none does.",
        source="swept: 0 and 8, by what a delivery costs (benchmarks/delivery)",
    )
    receipts_gathered = setting(
        200_000,
        unit="µs",
        why="How long what moves is gathered, so that it shares a frame with what moves with it.",
        source="swept: 0, 0.1, 0.2, 0.5 and 1 s",
    )

    def boot(self) -> None:
        super().boot()
        self._moved: dict[str, None] = {}
        """Conversations in which something has moved and has not been told."""
        self._told: dict[tuple[str, str], Receipt] = {}
        """By conversation and user: what was told last."""

    def receipts_form(self, members: int) -> tuple[str, bool]:
        """In which form a conversation that begins with so many members shows receipts, and whether at once."""
        if members > self.receipts_threshold:
            return "counts", False
        return "per person" if members <= self.status_threshold else "pointers", members <= self.live_up_to

    # --- decisions ---------------------------------------------------------------------------------------------------

    @decision
    def receipts(self, table: ConversationTable, user: str) -> tuple[Seq, Seq, Seq]:
        """What a member may be told of the others: (delivered to one device, to all devices, read by all) up to seq (P9).

        Where each message has its status, it is what the statuses say; elsewhere it is derived from the stored cursors and
        read marks. It is never stored by itself, so that it can't disagree with them. A member owes nothing of what was
        said before the membership, and a stuck device holds 'to all' back no longer, unless all are stuck. A large group has
        counts instead.

        Variant::

            def receipts(self, table, user):
                return (table.head, table.head, table.head)
        """
        rows = table.devices
        if rows.receipts == "counts":
            return 0, 0, 0
        cursors: list[int] = []
        awaited: list[int] = []
        marks: list[int] = []
        for member, row in table.members.items():
            if member != user:
                before = row.spans[-1][0] - 1
                marks.append(max(before, self._read(table, member)))
                for device in self.directory.devices_of[member]:
                    cursors.append(max(before, self._delivered(table, device)))
                    if device not in rows.stuck:
                        awaited.append(cursors[-1])
        return max(cursors, default=0), min(awaited or cursors, default=0), min(marks, default=0)

    @decision
    def read_by(self, table: ConversationTable, user: str) -> Sequence[tuple[str, Seq]]:
        """Up to which seq each other member has read, for a member of a small conversation; elsewhere nothing (P9).

        Variant::

            def read_by(self, table, user):
                return [(member, table.head) for member in table.members if member != user]
        """
        if table.devices.receipts != "per person":
            return ()
        return tuple((member, self._read(table, member)) for member in table.members if member != user)

    @decision
    def counts(self, table: ConversationTable, seq: Seq, sender: str) -> tuple[int, int]:
        """How many others have the message at `seq` on a device, and how many have read it (P9): who may read it counts.

        For the sender's newest message only: a large group is looked through for nobody else, and for no message twice as
        long as the next one has come.

        Variant::

            def counts(self, table, seq, sender):
                return len(table.members) - 1, 0
        """
        delivered = read = 0
        for user, member in (*table.members.items(), *table.former.items()):
            if user != sender and member.reads(seq):
                delivered += any(self._delivered(table, device) >= seq for device in self.directory.devices_of[user])
                read += table.read.get(user, 0) >= seq
        return delivered, read

    @decision
    def tells_at_once(self, marked: bool, receipted: bool) -> bool:
        """Whether a member is told at once of what has moved (P9, P10): if the own mark has, or receipts of own messages.

        That somebody else's message came to a third person is no news to anybody but its sender.

        Variant::

            def tells_at_once(self, marked, receipted):
                return False
        """
        return marked or receipted

    # --- what they are made of ---------------------------------------------------------------------------------------

    def _read(self, table: ConversationTable, user: str) -> int:
        rows = table.devices
        return rows.status.get((user, "read"), 0) if rows.keeps_status else table.read.get(user, 0)

    def _delivered(self, table: ConversationTable, device: str) -> int:
        rows = table.devices
        return (
            rows.status.get((device, "delivered"), 0)
            if rows.keeps_status
            else max(table.cursors.get(device, 0), rows.was.get(device, 0))
        )

    def newest_counts(self, table: ConversationTable, user: str) -> tuple[int, int, int]:
        """The counts of the user's newest message, with its seq; nothing where receipts are no counts."""
        own = table.own.get(user) if table.devices.receipts == "counts" else None
        return (own[-1], *self.counts(table, own[-1], user)) if own else (0, 0, 0)

    # --- at once -----------------------------------------------------------------------------------------------------

    def moved(self, conversation: str) -> None:
        """The leader gathers what has moved, for a moment."""
        if self.alone or self.role is LEADER:
            if not self._moved:
                self.after(self.receipts_gathered, self._tell_moved)
            self._moved[conversation] = None

    def _tell_moved(self, _: None) -> None:
        moved, self._moved = self._moved, {}
        if not self.alone and self.role is not LEADER:
            return
        told: list[tuple[str, Receipt]] = []
        for name in moved:
            table = self.conversations[name]
            for user in table.members:
                before = self._told.get((name, user), _NOTHING)
                now = Receipt(
                    name, table.read.get(user, 0), *self.receipts(table, user), tuple(self.read_by(table, user))
                )
                self._told[name, user] = now
                if self.tells_at_once(now.read > before.read, self._concerns(table, user, before, now)):
                    told.append((user, now))
        if told:
            self.count("receipts told", len(told), 0)
            self.cast(self.directory.service_for(self.partition, 0), ReceiptsMoved(tuple(told)))

    def _concerns(self, table: ConversationTable, user: str, before: Receipt, now: Receipt) -> bool:
        """Whether the difference of two receipts is about a message of the user."""
        read = dict(before.read_by)
        for first, last in (
            (before.delivered_to_one, now.delivered_to_one),
            (before.delivered_to_all, now.delivered_to_all),
            (before.read_by_all, now.read_by_all),
            *((read.get(member, 0), upto) for member, upto in now.read_by),
        ):
            for seq in range(last, first, -1):
                row = table.rows.get(seq)
                if row.sender == user if row is not None else seq in table.own.get(user, ()):
                    return True
        return False
