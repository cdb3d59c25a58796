"""The store's tables about devices: how far each one has each conversation (D6), and what it is (D7).

Promises kept here: a stored cursor never goes back within an installation, and never stands for what an earlier
installation held once a newer one has spoken; the profile is the one that the device told last. What may fail: acks and
profiles get lost, or come late. The device tells again what the store lacks.

Rows may be kept for so long only (P23). What is removed is gone from the log alone: its number stays taken, its id stays known
for as long as ids do, and cursors, marks and heads stay where they are. A page begins after what was removed, and says so; of
that it has the rows alone by which its reader joined and left.

Two more things follow from the acks. A device that has been silent for very long, while something waits for it, is
reported as stuck and held responsible for nothing until it acks again (P10). And a small conversation also has its
statuses as rows, a row for each message and each device that has it, or user who has read it (P9); they are written in
the transaction that moves the cursor or the mark, so that both forms agree.

    1. a device acks 40, is wiped, and acks 0 as another installation: the cursor is 0
    2. a second ack of 40, by the earlier installation, was held up on its way: it changes nothing any more

Requirements: C5, D6, D7, P6, P9, P10, P16, P23.
"""

from __future__ import annotations

from collections.abc import Sequence

from model.decisions import Micros, Seq, decision, setting
from model.events import (
    BlockStored,
    CursorStored,
    DeviceCleaned,
    DeviceReturned,
    DeviceStuck,
    ProfileStored,
    RowsRemoved,
    StatusStored,
)
from model.membership import Member
from model.store.election import LEADER
from model.store.raft import Replica
from model.store.tables import ConversationTable
from model.wire.base import Wire
from model.wire.client import Profile, ProfileKept
from model.wire.service import BlockIs, BlockUpdate, CursorUpdate, ProfileUpdate
from model.wire.store import CleanUp, Sweep
from sim.state import Marks


class DeviceTables(Replica):
    """The part of a store partition that is about devices. Durable."""

    marks = Marks(durable="profiles blocks", volatile="_waiting _stuck_since")

    conversations: dict[str, ConversationTable]

    stuck_after = setting(
        30 * 86_400_000_000,
        unit="µs",
        why="A device that has not acked for so long, while something waits for it, is reported as stuck.",
        source="FCM: a token is stale after 1 month",
    )
    clean_after = setting(
        240 * 86_400_000_000,
        unit="µs",
        why="What is kept of a device that has been stuck for so long is given up: its cursors, token and session.",
        source="FCM: a token expires after 270 d, a month of which it takes to be stuck",
    )
    sweep_interval = setting(
        3_600_000_000, unit="µs", why="How often the store looks for stuck devices, and for rows that are too old."
    )
    keeps_for = setting(
        0,
        unit="µs",
        why="For how long rows are kept; 0: for ever. Where it is more, messages are to be pushed for no longer than that.",
        source="WhatsApp lets people choose 24 h, 7 d or 90 d; the campaign's 40 s are swept",
    )
    status_threshold = setting(
        8, unit="members", why="Conversations that begin with so many members at most also store a status per message."
    )

    def make_tables(self) -> None:
        self.profiles: dict[str, Profile] = {}
        self.blocks: dict[str, dict[str, BlockUpdate]] = {}
        """By user who is or was blocked, and by who asked for it."""

    def boot(self) -> None:
        super().boot()
        self._waiting: dict[tuple[str, str], tuple[int, int]] = {}
        """By conversation and device: the row that it lacks, and since which uptime (µs) this replica has seen that."""
        self._stuck_since: dict[tuple[str, str], int] = {}
        """By conversation and device: since which uptime (µs) this replica has seen it as stuck."""
        self.after(self.sweep_interval, self._sweep)

    @decision
    def merge_cursor(self, stored: Seq, acked: Seq) -> Seq:
        """How a device's stored cursor takes in an ack: the larger of both (P6).

        Acks come late, twice and out of order; taking the maximum makes all of that harmless.

        Variant::

            def merge_cursor(self, stored, acked):
                return acked
        """
        return max(stored, acked)

    @decision
    def outdated(self, known: int, acking: int) -> bool:
        """Whether an ack is ignored because of the installation that sent it (P10): if a newer one has acked before.

        Variant::

            def outdated(self, known, acking):
                return False
        """
        return acking < known

    @decision
    def begins_anew(self, known: int, acking: int) -> bool:
        """Whether an ack replaces the stored cursor, be it lower or not (P10): the first one of a newer installation does.

        The cursor is a claim about a local database. A wiped device has another one, with nothing in it.

        Variant::

            def begins_anew(self, known, acking):
                return False
        """
        return acking > known

    @decision
    def is_stuck(self, last_ack_time: Micros, waiting_since: Micros, now: Micros) -> bool:
        """Whether a device is stuck (P10) that acked last at `last_ack_time`, if something waits since `waiting_since`; µs.

        Who has nothing to ack is silent with reason, however long: both must be long ago.

        Variant::

            def is_stuck(self, last_ack_time, waiting_since, now):
                return now - last_ack_time >= self.stuck_after
        """
        return now - max(last_ack_time, waiting_since) >= self.stuck_after

    @decision
    def returns(self, update: CursorUpdate) -> bool:
        """Whether an ack ends a device's being stuck (P10): any ack does. What it missed comes by sync, as ever.

        Variant::

            def returns(self, update):
                return False
        """
        return True

    @decision
    def cleans(self, stuck_for: Micros) -> bool:
        """Whether what is kept of a device is given up (P10) that has been seen as stuck for `stuck_for` µs: after long enough.

        Most of those devices lie in a drawer. One that comes back says how far it is, as a new one does, and has lost nothing.

        Variant::

            def cleans(self, stuck_for):
                return False
        """
        return stuck_for >= self.clean_after

    @decision
    def is_too_old(self, stored_at: Micros, now: Micros) -> bool:
        """Whether a row is removed whose time is `stored_at`, where rows are not kept for ever (P23); both by the store's clock.

        By nothing but its age: who was away for longer than that has missed it, and is told where the rest begins.

        Variant::

            def is_too_old(self, stored_at, now):
                return now - stored_at > self.keeps_for // 2
        """
        return now - stored_at > self.keeps_for

    @decision
    def takes_back(self, update: CursorUpdate) -> bool:
        """Whether an ack of a device that was cleaned up is taken (P10): always. It is a device like any other again.

        Variant::

            def takes_back(self, update):
                return False
        """
        return True

    @decision
    def stores_status(self, members: int) -> bool:
        """Whether a conversation that begins with so many members stores a status for each message and recipient (P9).

        It is decided once: a conversation that grows keeps its rows whole. In a large one they would be a write for each
        message and member; what they say follows from the cursors.

        Variant::

            def stores_status(self, members):
                return True
        """
        return members <= self.status_threshold

    @decision
    def status_rows(self, written: Seq, upto: Seq) -> range:
        """For which seqs status rows are written (P9), when there are rows up to `written` and the cursor or mark is `upto`.

        All that are missing: a cursor that moves by several messages moves each of them.

        Variant::

            def status_rows(self, written, upto):
                return range(upto, upto + 1)
        """
        return range(written + 1, upto + 1)

    def take_cursor(self, table: ConversationTable, update: CursorUpdate, at: int) -> None:
        """Takes an ack in (P6)."""
        cursors, rows = table.cursors, table.devices
        device, stored = update.device, cursors.get(update.device, 0)
        if device in rows.cleaned:
            if not self.takes_back(update):
                return
            del rows.cleaned[device]
        known = rows.installation.get(device, 1)
        if update.installation != known:
            if self.outdated(known, update.installation):
                return
            rows.installation[device] = update.installation
            if self.begins_anew(known, update.installation):
                stored = -1
        rows.acked[device] = at
        merged = self.merge_cursor(stored, update.upto)
        if merged != stored:
            cursors[device] = merged
            self.charge("cursors", 1, 16 + len(device))
            self.tell(CursorStored, device, update.conversation, merged, update.installation)
            self.write_status(
                table, update.conversation, device, self.directory.devices[device].user, "delivered", merged
            )
            if rows.live:
                self.moved(update.conversation)
        if device in rows.stuck and self.returns(update):
            del rows.stuck[device]
            self.tell(DeviceReturned, device, update.conversation)

    def moved(self, conversation: str) -> None:
        """A cursor or read mark of a conversation whose members are told at once has just moved."""

    def write_status(self, table: ConversationTable, name: str, who: str, user: str, status: str, upto: int) -> None:
        """Writes the status rows that a cursor or mark at `upto` asks for: of what the user may read."""
        rows = table.devices
        if not rows.keeps_status:
            return
        due = self.status_rows(rows.status.get((who, status), 0), upto)
        member = table.members.get(user) or table.former.get(user)
        if not due or member is None:
            return
        rows.status[who, status] = max(rows.status.get((who, status), 0), due[-1])
        for first, last in member.spans:
            begins, ends = max(first, due[0]), min(last, due[-1])
            if begins <= ends:
                self.charge("statuses", ends - begins + 1, (ends - begins + 1) * (16 + len(who)))
                self.tell(StatusStored, name, who, status, begins, ends)

    def _sweep(self, _: None) -> None:
        """Looks for stuck devices, and for rows that are too old (P10, P23), and writes it down: the leader does.

        By its own eyes, because the time of an entry is that of its proposal: a row that waited a minute for a quorum was
        not there for any device all the while.
        """
        waiting: dict[tuple[str, str], tuple[int, int]] = {}
        stuck_since: dict[tuple[str, str], int] = {}
        if self.alone or self.role is LEADER:
            found: list[tuple[str, str, int]] = []
            overdue: list[tuple[str, str, int]] = []
            for name, table in self.conversations.items():
                for user, member in table.members.items():
                    for device in self.directory.devices_of[user]:
                        if device in table.devices.stuck:
                            since = stuck_since[name, device] = self._stuck_since.get((name, device), self.uptime)
                            if device in table.devices.cleaned:
                                self._clean_up(device, self.uptime - since)
                            elif self.cleans(self.uptime - since):
                                overdue.append((name, device, self.uptime - since))
                            continue
                        cursor = table.cursors.get(device, 0)
                        if cursor >= table.head:
                            continue
                        lacks = self._waits_for(table, member, user, cursor)
                        if lacks > table.head:
                            continue
                        seen, since = self._waiting.get((name, device), (0, 0))
                        if seen != lacks:
                            since = self.uptime
                        waiting[name, device] = (lacks, since)
                        waiting_since = self.now - (self.uptime - since)
                        if self.is_stuck(table.devices.acked.get(device, 0), waiting_since, self.now):
                            found.append((name, device, cursor))
            removed = self.too_old() if self.keeps_for else ()
            if found or overdue or removed:
                self.on_write(Sweep(tuple(found), tuple(overdue), tuple(removed)), None)
        self._waiting, self._stuck_since = waiting, stuck_since
        self.after(self.sweep_interval, self._sweep)

    @staticmethod
    def _waits_for(table: ConversationTable, member: Member, user: str, cursor: int) -> int:
        """The first row after a device's cursor that it was to be told of: nobody pushes what its user has blocked."""
        lacks = member.next_span(cursor)[0]
        while (row := table.rows.get(lacks)) is not None and user in row.hidden_from:
            lacks = member.next_span(lacks)[0]
        return lacks

    def apply_sweep(self, sweep: Sweep, at: int) -> None:
        """Reports those who were found stuck, cleans up after those who have been for too long, and removes rows.

        Not after those who have acked meanwhile.
        """
        for name, device, cursor in sweep.found:
            table = self.conversations[name]
            if device not in table.devices.stuck and table.cursors.get(device, 0) == cursor:
                table.devices.stuck[device] = None
                self.tell(DeviceStuck, device, name, self.stuck_after)
        for name, device, after in sweep.overdue:
            table = self.conversations[name]
            rows = table.devices
            if device in rows.stuck and device not in rows.cleaned:
                rows.was[device] = max(rows.was.get(device, 0), table.cursors.pop(device, 0))
                rows.acked.pop(device, None)
                rows.cleaned[device] = None
                self.tell(DeviceCleaned, device, name, after)

        for name, upto in sweep.removed:
            table = self.conversations[name]
            for seq in range(table.removed + 1, upto + 1):
                row = table.rows.pop(seq)
                table.removed_at = max(table.removed_at, row.stored_at)
                if row.kind in ("join", "leave"):
                    table.turns.setdefault(row.subject, []).append(row)
            self.charge("messages", upto - table.removed, 0)
            table.removed = upto
            self.tell(RowsRemoved, name, upto, self.keeps_for)

    def too_old(self) -> Sequence[tuple[str, int]]:
        """The conversations that have rows to be removed, each with up to which seq: the oldest ones, without a break.

        What is not handed to the queue yet stays: nobody would be told that there was something.
        """
        found = []
        for name, table in self.conversations.items():
            seq = table.removed + 1
            while (
                (row := table.rows.get(seq)) is not None
                and seq not in table.outbox
                and self.is_too_old(row.stored_at, self.now)
            ):
                seq += 1
            if seq - 1 > table.removed:
                found.append((name, seq - 1))
        return found

    def _clean_up(self, device: str, ago: int) -> None:
        """Asks those who keep the device's token and session to give them up, unless it has connected since `ago` µs.

        Asked again at each sweep, for nobody answers. Reported as stuck, it has been silent for longer than that.
        """
        clean_up = CleanUp(device, ago)
        self.cast(self.directory.notification, clean_up)
        self.cast(self.directory.registry, clean_up)

    @decision
    def replaces_profile(self, known: Profile | None, told: Profile) -> bool:
        """Whether a profile that is told replaces the one that is known (D7): unless it is of an older connection.

        Variant::

            def replaces_profile(self, known, told):
                return known is None
        """
        return known is None or told.epoch >= known.epoch

    @decision
    def replaces_block(self, known: tuple[int, str], told: tuple[int, str]) -> bool:
        """Whether a wish to block replaces what is known about the same two users (P23): if its (number, device) is higher.

        So every partition comes to the same, in whatever order two wishes reach it.

        Variant::

            def replaces_block(self, known, told):
                return True
        """
        return told > known

    @decision
    def hides(self, sender: str, user: str, kind: str) -> bool:
        """Whether a row is hidden from a member who has blocked its sender (P23): what people write, in every conversation.

        Joins and leaves are shown: who is there and who isn't has to be known. In a group, too: a block is about a person.

        Variant::

            def hides(self, sender, user, kind):
                return False
        """
        return not kind

    def hidden_from(self, table: ConversationTable, sender: str, kind: str) -> tuple[str, ...]:
        """Who of the members sees nothing of a new row of this sender."""
        blockers = self.blocks.get(sender)
        if not blockers:
            return ()
        return tuple(
            user
            for user, wish in blockers.items()
            if wish.on and user in table.members and self.hides(sender, user, kind)
        )

    def tell_blocks(self, conversation: str) -> None:
        """Writes down which wishes hold in a conversation that begins: all that this partition knows of."""
        for blocked, wishes in self.blocks.items():
            for user, wish in wishes.items():
                self.tell(BlockStored, user, blocked, wish.on, wish.device, wish.ask, wish.number, (conversation,))

    def blocks_of(self, user: str) -> tuple[BlockUpdate, ...]:
        """The user's wishes that hold here."""
        return tuple(wishes[user] for wishes in self.blocks.values() if user in wishes)

    def apply_block_update(self, update: BlockUpdate, at: int) -> Wire:
        """Takes a wish in for all conversations of the partition: what is committed from now on goes by it."""
        wishes = self.blocks.setdefault(update.blocked, {})
        known = wishes.get(update.user)
        if update != known and self.replaces_block(known.rank if known else (0, ""), update.rank):
            known = wishes[update.user] = update
            self.charge("blocks", 1, 16 + len(update.user) + len(update.blocked))
            what = (update.on, update.device, update.ask, update.number)
            self.tell(BlockStored, update.user, update.blocked, *what, tuple(self.conversations))
        return BlockIs(known.number if known else 0, known == update)

    def apply_profile_update(self, update: ProfileUpdate, at: int) -> Wire:
        told = update.profile
        known = self.profiles.get(told.device)
        if self.replaces_profile(known, told):
            self.profiles[told.device] = told
            what = (told.app_version, told.capabilities)
            if known is None or what != (known.app_version, known.capabilities):
                self.tell(ProfileStored, told.device, *what)
        return ProfileKept(told.device, self.profiles[told.device].capabilities)
