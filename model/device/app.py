"""What a device's app is: its version, the payload types it knows, and how both change (P16, D7).

Promise kept here: devices of different versions share a conversation, and the store knows what each of them is. What may
fail: the telling gets lost, and is repeated with the heartbeats until the store has it; the device is wiped, and begins
anew as another installation (P10), which tells itself apart from the earlier ones in every ack and message_id. So does a
device that is restored from a backup (P23): it begins with what the backup holds, and what has come since comes again.

    1. a phone is at 9, and restored to 5: the store's 9 is an earlier installation's, and 6 to 9 come once more
    2. a message waited in the backup's outbox, and was accepted since: it is sent again, under its id, and is taken for a retry
    3. what was written after the backup was made was called phone:4; what is written after it is restored is phone.2:1

Requirements: C1, D7, P10, P16, P23, F8.
"""

from __future__ import annotations

from copy import copy

from model.decisions import Seq, decision
from model.device.database import Backup, LocalConversation
from model.device.push_token import PushToken
from model.events import (
    AppUpdated,
    BackedUp,
    CursorMoved,
    ProfileConfirmed,
    ReadMarkMoved,
    Restored,
    Stored,
    Wiped,
)
from model.wire.client import Profile, ProfileKept
from sim.network import Connection
from sim.state import Marks


class App(PushToken):
    """The installed app."""

    marks = Marks(volatile="_profile_kept")

    epoch: int
    """How many connections the device has opened."""

    def boot(self) -> None:
        super().boot()
        self._profile_kept = False

    def disconnected_now(self) -> None:
        super().disconnected_now()
        self._profile_kept = False

    def beaten(self) -> None:
        """A heartbeat has just been sent, the first one of a connection or a later one: what is not kept yet is told."""
        if not self._profile_kept:
            self.transmit(Profile(self.name, self.epoch, self.app_version, self.capabilities))

    def on_profile_kept(self, kept: ProfileKept, connection: Connection) -> None:
        self.last_heard = self.now
        if not self._profile_kept and "*" not in self.capabilities:
            self.emit(ProfileConfirmed, self.name)
        self._profile_kept = True

    def update(self, app_version: str, capabilities: tuple[str, ...]) -> None:
        """Another version of the app is installed over this one, which runs no more; the database is kept."""
        running = self.up
        self.suspend()
        self.app_version, self.capabilities = app_version, capabilities
        self.emit(AppUpdated, self.name, app_version, capabilities)
        if running:
            self.wake("update")

    def wipe(self) -> None:
        """The app's data is gone: what starts next is another installation, with nothing but its user's account.

        The platform gives it a new push token.
        """
        self.crash()
        self.erase()
        self.installation += 1
        self.emit(Wiped, self.name, self.installation)
        self.rotate_token()

    # --- backups -----------------------------------------------------------------------------------------------------

    @decision
    def begins_as_another(self) -> bool:
        """Whether an app that is restored from a backup takes itself for another installation (P23): always.

        The platform keeps the installation's number out of backups, so the app can tell. What it holds is less than the store
        has been told, and the names of what it sends next must not be those of what it sent after the backup.

        Variant::

            def begins_as_another(self):
                return False
        """
        return True

    @decision
    def restored_cursor(self, saved: Seq, before: Seq) -> Seq:
        """The cursor of a conversation in a restored app (P23): the backup's, which speaks for the rows that are there.

        It was at `before` until now. Where a cursor is kept beside the database, and so outlives it, what lies between the two
        is never asked for again.

        Variant::

            def restored_cursor(self, saved, before):
                return max(saved, before)
        """
        return saved

    def back_up(self) -> Backup:
        """Makes a copy of the database as it is now."""
        self.emit(BackedUp, self.name)
        return Backup(self.now, {name: kept(local) for name, local in self.database.items()}, self.sends)

    def restore_from(self, backup: Backup, *, point: str = "") -> None:
        """The app's data is that of a backup: what starts next is another installation, which has that and no more.

        Attachments are not in it: they are fetched again. The platform gives it a new push token. `point`: the crash point
        at which it dies, '' if it does at none.
        """
        self.crash(point=point)
        before = self.database
        self.erase()
        if self.begins_as_another():
            self.installation += 1
        else:
            self.sends = backup.sends
        self.emit(Restored, self.name, self.installation, backup.taken)
        for name in backup.conversations:
            local = self.database[name] = kept(backup.conversations[name])
            local.cursor = self.restored_cursor(local.cursor, before[name].cursor if name in before else 0)
            for seq, row in sorted(local.rows.items()):
                self.emit(Stored, self.name, name, seq, row.message, "backup")
            if local.cursor:
                self.emit(CursorMoved, self.name, name, local.cursor)
            if local.read:
                self.emit(ReadMarkMoved, self.name, name, local.read, "a backup")
        self.rotate_token()


def kept(local: LocalConversation) -> LocalConversation:
    """A conversation as a backup has it: nothing is on the screen yet, and what was fetched above a gap is fetched again."""
    return LocalConversation(
        rows=dict(local.rows),
        ids=dict(local.ids),
        cursor=local.cursor,
        confirmed=local.confirmed,
        read=local.read,
        since=local.since,
        left=local.left,
        outbox={send: copy(entry) for send, entry in local.outbox.items()},
    )
