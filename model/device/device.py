"""The client device (C1): it lives, sleeps, connects, and is woken; its layers send, receive and sync.

Promise kept here: a device comes back by itself, and not all at once with the others. What may fail: the app is killed,
the connection is half-open, a gateway is gone.

Requirements: C1, P1, P5, P6, P7, P8, G1, G2, G4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from model.decisions import Among, Draw, Micros, action, decision, setting
from model.device.conversation_list import ListOfConversations
from model.device.database import LocalConversation, OutboxEntry, Transaction
from model.events import Connected, ConnectFailed, Disconnected, NotificationShown, Slept, Woke
from model.security import issue
from model.wire.client import (
    BlockKept,
    ConversationList,
    Digest,
    HeadHint,
    Heartbeat,
    Hello,
    LiveReceipts,
    Pong,
    PresenceFrame,
    ProfileKept,
    PushMessage,
    Refused,
    SendResult,
    SyncPage,
    Token,
    TokenKept,
    TypingFrame,
    Welcome,
)
from model.wire.delivery import Notification
from sim.distributions import Uniform
from sim.draws import key
from sim.network import Connection
from sim.state import Marks, only_looks

__all__ = ["Device", "LocalConversation", "OutboxEntry", "Transaction"]

_RECONNECT = key("reconnect backoff")
_HEARTBEAT = key("heartbeat interval")


class Device(ListOfConversations):
    """One device of one user."""

    receives: ClassVar[dict[type, str]] = {
        Welcome: "on_welcome",
        Refused: "on_refused",
        Pong: "on_pong",
        PushMessage: "on_push",
        SendResult: "on_send_result",
        Digest: "on_digest",
        SyncPage: "on_sync_page",
        HeadHint: "on_head_hint",
        TypingFrame: "on_typing",
        LiveReceipts: "on_live_receipts",
        BlockKept: "on_block_kept",
        PresenceFrame: "on_presence",
        TokenKept: "on_token_kept",
        ProfileKept: "on_profile_kept",
        ConversationList: "on_conversation_list",
    }
    marks = Marks(durable="epoch", aside="_woken_by _failures _sample_interval")

    heartbeat_interval = setting(
        Uniform(45_000_000, 55_000_000),
        unit="distribution, µs",
        why="Pause between heartbeats.",
        source="Zulip: 45–55 s",
    )
    heartbeat_timeout = setting(
        100_000_000,
        unit="µs",
        why="A gateway that was silent for so long is taken for dead.",
        source="Mattermost: pong wait 100 s",
    )
    connect_timeout = setting(10_000_000, unit="µs", why="How long a connect may take.")
    reconnect_first = setting(
        3_000_000,
        unit="µs",
        why="Upper bound of the first reconnect pause; it doubles.",
        source="destinygg/chat-gui#872",
    )
    reconnect_limit = setting(
        60_000_000, unit="µs", why="Upper bound of any reconnect pause.", source="destinygg/chat-gui#872"
    )
    token_lifetime = setting(3_600_000_000, unit="µs", why="How long a token is valid.")
    background_window = setting(
        30_000_000, unit="µs", why="How long an app runs that a notification woke.", source="Apple: about 30 s"
    )

    def install(self) -> None:
        super().install()
        self.epoch = 0
        self._woken_by = "user"
        self._sample_interval = self.heartbeat_interval.sampler()

    def start(self) -> None:
        """An app that does not run at the start has its database, and no life yet."""
        if not self.entry.asleep:
            super().start()
            return
        self.install()
        self.connection, self.connected = None, False
        self.life.running, self.life.dead = False, True
        self.emit(Slept, self.name)

    def boot(self) -> None:
        super().boot()
        self._failures = 0
        self._connect()

    # --- decisions ---------------------------------------------------------------------------------------------------

    @decision
    def choose_gateway(self, gateways: Sequence[str], epoch: int) -> Annotated[str, Among("gateways")]:
        """The gateway for the `epoch`-th connection, given the device's gateways in order of preference.

        Variant::

            def choose_gateway(self, gateways, epoch):
                return gateways[0]
        """
        return gateways[(self.key + epoch) % len(gateways)]

    @decision
    def token(self) -> Token:
        """What the device shows at the upgrade (P15): a token of its own user for itself, fresh from the issuer.

        It ends by the issuer's clock: a device whose own clock is wrong has a token like others.

        Variant::

            def token(self):
                return issue(self.user, self.name, self.now - 1)
        """
        return issue(self.user, self.name, int(self.env._now) + self.token_lifetime)

    @decision
    def reconnect_delay(self, failures: int, draw: Draw) -> Micros:
        """How long to wait, in µs, before a reconnect after `failures` failures in a row; `draw` as above.

        Full jitter below an exponentially growing bound: a gateway's devices must not return all at once.

        Variant::

            def reconnect_delay(self, failures, draw):
                return self.reconnect_first
        """
        bound = min(self.reconnect_limit, self.reconnect_first << min(failures, 10))
        return draw * bound >> 64

    @decision
    def moves_at_once(self) -> bool:
        """Whether a device that its gateway sends elsewhere connects again without a pause (C1, C2): it does.

        A gateway that is about to be stopped sends its devices away one after the other: they are spread already, and others
        are there for them. A connection that breaks says nothing of that.

        Variant::

            def moves_at_once(self):
                return False
        """
        return True

    @decision
    def resets_backoff(self, answer: Literal["welcome", "refused"]) -> bool:
        """Whether a gateway's answer makes the next pause before a reconnect the first one again (P15): a welcome does.

        A refusal is an answer, too, and says that coming again soon is of no use. Who takes it for a success asks as often as
        it can, for as long as it is refused.

        Variant::

            def resets_backoff(self, answer):
                return True
        """
        return answer == "welcome"

    @action
    def on_notification(self, conversation: str) -> None:
        """What a push notification does beyond waking the app (P8): nothing. It is a hint and proves no delivery.

        Variant::

            def on_notification(self, conversation):
                self.heartbeat()
        """

    # --- life ------------------------------------------------------------------------------------------------------

    def suspend(self) -> None:
        """The app goes to sleep: connection and timers are gone, without a goodbye. The database stays."""
        if self.up:
            self.end_life(silent=True)
            self.emit(Slept, self.name)

    def wake(self, by: str) -> None:
        """The app runs again, if its user is logged in; `by`: user, notification or healing."""
        if not self.logged_in or self.gone:
            return
        self._woken_by = by
        if not self.up:
            self.new_life()
            self.emit(Woke, self.name, by)
            self._boot()

    def restart(self) -> None:
        """A dead app is started again, if its user is logged in."""
        if self.logged_in:
            super().restart()

    def notified(self, notification: Notification) -> None:
        """A push notification reached the device, be the app awake or not."""
        if not self.takes_hint(notification) or not self.shows_hint(notification):
            self.ignore(notification)
            return
        what = (notification.conversation, notification.user, notification.token, notification.seq, notification.badge)
        self.emit(NotificationShown, self.name, *what, notification.sender)
        if not self.up:
            self.wake("notification")
            self.after(self.background_window, self._background_over)
        if self.life.running:
            self.on_notification(notification.conversation)

    def _background_over(self, _: None) -> None:
        if self._woken_by == "notification":
            self.suspend()

    # --- connection ------------------------------------------------------------------------------------------------

    def _connect(self, _: None = None) -> None:
        self.epoch += 1
        gateway = self.choose_gateway(self.entry.gateways, self.epoch)
        self.connection = self.network.connect(self, gateway, Hello(self.name, self.user, self.epoch, self.token()))
        self.after(self.connect_timeout, self._connect_timeout, self.epoch)

    def on_refused(self, refused: Refused, connection: Connection) -> None:
        if connection is self.connection:
            if self.resets_backoff("refused"):
                self._failures = 0
            self._disconnect("refused")

    @only_looks
    def _connect_timeout(self, epoch: int) -> None:
        if epoch == self.epoch and not self.connected and self.connection is not None:
            self._disconnect("timeout")

    def on_welcome(self, welcome: Welcome, connection: Connection) -> None:
        if connection is not self.connection or self.connected:
            return
        self.connected = True
        if self.resets_backoff("welcome"):
            self._failures = 0
        self.last_heard = self.now
        gateway = connection.server.name
        self.emit(Connected, self.name, gateway, self.epoch, self.directory.cluster_of[gateway])
        self._beat(self.epoch)
        self.connected_now()
        self.after(self.sync_timeout, self._digest_due, self.epoch)

    @only_looks
    def _digest_due(self, epoch: int) -> None:
        """Asks for the first digest of a connection again, as long as none comes: by the next heartbeat a minute may be lost."""
        if epoch == self.epoch and self.connected and not self._digested:
            self.heartbeat()
            self.after(self.sync_timeout, self._digest_due, epoch)

    def connection_lost(self, connection: Connection, why: str) -> None:
        if connection is self.connection:
            self._disconnect(why)

    def _disconnect(self, why: str) -> None:
        """Gives the connection up, and tries again after a pause."""
        connection = self.connection
        assert connection is not None
        self.connection = None
        if self.connected:
            self.connected = False
            self.emit(Disconnected, self.name, connection.server.name, self.epoch, why)
        else:
            self.emit(ConnectFailed, self.name, connection.server.name, self.epoch, why)
        connection.close(self)
        self.disconnected_now()
        if why == "draining" and self.moves_at_once():
            self.after(0, self._connect)
        else:
            draw = self.draws.u64(_RECONNECT, self.key, self.epoch)
            self.after(self.reconnect_delay(self._failures, draw), self._connect)
        self._failures += 1

    def _beat(self, epoch: int) -> None:
        """One heartbeat, and the next in an interval; a gateway that was silent for too long is given up."""
        if epoch != self.epoch or not self.connected:
            return
        if self.now - self.last_heard >= self.heartbeat_timeout:
            self._disconnect("timeout")
            return
        self.heartbeat()
        self.beaten()
        draw = self.draws.u64(_HEARTBEAT, self.key, self.epoch, int(self.env._now))
        silent = self.last_heard + self.heartbeat_timeout - self.now
        self.after(min(self._sample_interval(draw), silent), self._beat, epoch)

    def heartbeat(self) -> None:
        """Says that the device is there, which asks for a digest."""
        self.transmit(Heartbeat(self.name))

    def on_pong(self, pong: Pong, connection: Connection) -> None:
        self.last_heard = self.now
