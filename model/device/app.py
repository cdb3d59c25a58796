"""What a device's app is: its version, the payload types it knows, and how both change (P16, D7).

Promise kept here: devices of different versions share a conversation, and the store knows what each of them is. What may
fail: the telling gets lost, and is repeated with the heartbeats until the store has it; the device is wiped, and begins
anew as another installation (P10), which tells itself apart from the earlier ones in every ack and message_id.

Requirements: C1, D7, P10, P16, F8.
"""

from __future__ import annotations

from model.device.push_token import PushToken
from model.events import AppUpdated, ProfileConfirmed, Wiped
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
