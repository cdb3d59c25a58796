"""How a device is reached while its app does not run (P8): its push token, registered after each connect; and hints.

Promises kept here: after each connect the notification service learns the token that the platform gave the app; a hint for
somebody else is not shown. What may fail: a registration or its answer is lost, and it is sent again; a logout's is not.

Requirements: C1, C10, P8.
"""

from __future__ import annotations

from model.decisions import decision, setting
from model.device.presence_view import PresenceView
from model.events import LoggedIn, LoggedOut, NotificationIgnored, TokenIssued
from model.platform import Platform
from model.wire.client import RegisterToken, TokenKept
from model.wire.delivery import Notification
from sim.network import Connection
from sim.node import Timer
from sim.state import Marks


class PushToken(PresenceView):
    """The app's push token, and whose hints it takes."""

    marks = Marks(durable="logged_in switched push_token push_version", volatile="_registering", aside="platform")

    platform: Platform
    """The operating system of the handset; set by the deployment."""

    register_first = setting(
        5_000_000, unit="µs", why="How long a registration may stay unanswered before it is sent again; it doubles."
    )
    register_limit = setting(60_000_000, unit="µs", why="Longest pause before a registration is sent again.")

    def install(self) -> None:
        super().install()
        self.logged_in = True
        self.switched = False
        """Whether a switch of accounts that this device is part of is still to be undone."""
        self.push_token, self.push_version = self.platform.issue(self.name)
        self.emit(TokenIssued, self.name, self.push_token)

    def boot(self) -> None:
        super().boot()
        self._registering: Timer | None = None

    def connected_now(self) -> None:
        super().connected_now()
        if self.registers():
            self._register(0)

    def disconnected_now(self) -> None:
        super().disconnected_now()
        self._registration_over()

    # --- decisions ---------------------------------------------------------------------------------------------------

    @decision
    def registers(self) -> bool:
        """Whether a device that has just connected registers its push token (P8): always.

        The token may have rotated while the app did not run, or the service may have lost or given up its row.

        Variant::

            def registers(self):
                return self.epoch == 1
        """
        return True

    @decision
    def logs_out_properly(self) -> bool:
        """Whether a logout asks the service to forget the token (P8): yes, once; there may be no connection for it.

        Variant::

            def logs_out_properly(self):
                return False
        """
        return True

    @decision
    def takes_hint(self, notification: Notification) -> bool:
        """Whether a notification that reached the app is for it (P8): if it is for the user who is logged in.

        A hint that was pending while another user logged in arrives on the handset all the same.

        Variant::

            def takes_hint(self, notification):
                return True
        """
        return notification.user == self.user

    @decision
    def shows_hint(self, notification: Notification) -> bool:
        """Whether a notification for this user is shown (P8, P10): unless it tells of nothing that the user has not read.

        It may have been read on another device while the provider held it. The database says so, be the app awake or not.

        Variant::

            def shows_hint(self, notification):
                return True
        """
        local = self.database.get(notification.conversation)
        return local is None or not 0 < notification.seq <= local.read

    # --- the token ---------------------------------------------------------------------------------------------------

    def rotate_token(self) -> None:
        """The platform gives the app a new token; it is registered when the app next runs and is connected."""
        if self.push_token:
            self._given(*self.platform.issue(self.name))

    def _given(self, token: str, version: int) -> None:
        self.push_token, self.push_version = token, version
        self.emit(TokenIssued, self.name, token)
        if self.life.running:
            self._announce()
        elif not self.life.dead:
            self.after(0, self._announce)  # the app stands still: it learns of its token when it goes on

    def _announce(self, _: object = None) -> None:
        """Registers the token that the app has now. Without a connection, the next one does that."""
        if self.connected and self.registers():
            self._registration_over()
            self._register(0)

    def _register(self, attempt: int) -> None:
        """Tells the service the token, until it says that it knows it."""
        wait = min(self.register_limit, self.register_first << min(attempt, 10))
        self._registering = self.after(wait, self._register, attempt + 1)
        self.transmit(RegisterToken(self.name, self.push_token, self.push_version, platform=self.entry.platform))

    def _registration_over(self) -> None:
        if self._registering is not None:
            self._registering.cancel()
            self._registering = None

    def on_token_kept(self, kept: TokenKept, connection: Connection) -> None:
        self.last_heard = self.now
        if kept.version == self.push_version:
            self._registration_over()

    # --- accounts ----------------------------------------------------------------------------------------------------

    def log_out(self) -> str:
        """The user logs out, and the app stops. Returns the token, which stays with the handset."""
        token, self.push_token = self.push_token, ""
        self._sign_off(token)
        self.emit(LoggedOut, self.name)
        self.suspend()
        self.logged_in = False
        return token

    def log_in(self, token: str) -> None:
        """The user logs in again, on the handset that has this token."""
        self.logged_in = True
        self.emit(LoggedIn, self.name)
        self._given(token, self.platform.pass_on(token, self.name))
        self.wake("user")

    def move_to(self, token: str) -> None:
        """The user goes on using the app, with the same account, on the handset that has this token ('': a new one)."""
        if token:
            given = (token, self.platform.pass_on(token, self.name))
        else:
            self._sign_off(self.push_token)
            given = self.platform.issue(self.name)
        self.suspend()
        self._given(*given)
        self.wake("user")

    def _sign_off(self, token: str) -> None:
        """Asks for the token to be forgotten, once: nothing is left to ask again with."""
        if self.life.running and self.logs_out_properly():
            self.transmit(RegisterToken(self.name, token, self.push_version + 1, active=False))

    def suspend(self) -> None:
        """The app goes to sleep; the Device says how."""
        raise NotImplementedError

    def wake(self, by: str) -> None:
        """The app runs again; the Device says how."""
        raise NotImplementedError

    def ignore(self, notification: Notification) -> None:
        """A notification is for somebody who is not logged in here, or has read it."""
        what = (notification.conversation, notification.user, notification.token, notification.seq)
        self.emit(NotificationIgnored, self.name, *what)
