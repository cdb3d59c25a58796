"""The client device (C1): sends from an outbox, receives into a local database, syncs what it missed.

Promises kept here: a message is sent until it is answered, under one id (P1); it is shown once, in the order of `seq`
(G1, G2); the cursor never passes what the local database holds (P5, P6); a reconnect converges from the cursor alone
(G4, P7). What may fail: the app is killed at any point, the connection is half-open, pushes come late, twice or never.

Durable: the local database and the outbox in it. Volatile: connection, timers and the gap buffer.

Requirements: C1, P1, P5, P6, P7, G1, G2, G4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from model.component import Component
from model.decisions import decision, setting
from model.directory import DeviceEntry, Directory
from model.events import (
    AckSent,
    Connected,
    CursorMoved,
    Disconnected,
    DuplicateIgnored,
    GapFilled,
    GapOpened,
    NotificationShown,
    SendAccepted,
    SendAttempted,
    SendRefused,
    SendRequested,
    Shown,
    Slept,
    Stored,
    SyncPageReceived,
    SyncRequested,
    Woke,
)
from model.wire import (
    Ack,
    Digest,
    Heartbeat,
    Hello,
    Message,
    Notification,
    Pong,
    PushMessage,
    SendMessage,
    SendResult,
    SyncPage,
    SyncRequest,
    Welcome,
)
from sim.distributions import Uniform
from sim.draws import key
from sim.network import Connection, Network
from sim.node import Timer

_RECONNECT = key("reconnect backoff")
_RESEND = key("resend backoff")
_HEARTBEAT = key("heartbeat interval")


@dataclass(slots=True)
class OutboxEntry:
    """A message that a person sent and that is not answered yet (durable). `attempts` so far."""

    send: str
    conversation: str
    number: int
    body: str
    sent_at: int
    attempts: int = 0


@dataclass(slots=True)
class LocalConversation:
    """A conversation in the local database (durable): rows by seq, ids, the delivered cursor, and what was shown."""

    rows: dict[int, Message] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    cursor: int = 0
    shown: int = 0
    outbox: dict[str, OutboxEntry] = field(default_factory=dict)


class Transaction(NamedTuple):
    """What is written to the local database at once: rows, and the cursor (None: as it was)."""

    rows: Sequence[Message]
    cursor: int | None


@dataclass(slots=True)
class Reception:
    """Volatile: what is under way in one conversation. The gap buffer holds (message, via) by seq."""

    buffer: dict[int, tuple[Message, str]] = field(default_factory=dict)
    gap: bool = False
    syncing: Timer | None = None


class _Write:
    """A write to the local database under way, transaction by transaction."""

    __slots__ = ("conversation", "filled", "step", "transactions", "via")

    def __init__(
        self, conversation: str, transactions: Sequence[Transaction], via: dict[int, str], *, filled: bool
    ) -> None:
        self.conversation = conversation
        self.transactions = transactions
        self.via = via
        self.filled = filled
        self.step = 0


class Device(Component):
    """One device of one user."""

    kind: ClassVar[str] = "device"
    receives: ClassVar[dict[type, str]] = {
        Welcome: "on_welcome",
        Pong: "on_pong",
        PushMessage: "on_push",
        SendResult: "on_send_result",
        Digest: "on_digest",
        SyncPage: "on_sync_page",
    }
    points: ClassVar[tuple[str, ...]] = ("received", "writing", "stored", "shown", "acked")

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
    send_timeout = setting(5_000_000, unit="µs", why="How long a send may stay unanswered before it is tried again.")
    gap_wait = setting(
        500_000,
        unit="µs",
        why="How long a gap may stay open before the device fetches what is missing.",
        source="Telegram clients (grammers defs.rs): 0.5 s",
    )
    sync_timeout = setting(5_000_000, unit="µs", why="How long a sync page may take before it is asked for again.")
    background_window = setting(
        30_000_000, unit="µs", why="How long an app runs that a notification woke.", source="Apple: about 30 s"
    )

    def __init__(self, network: Network, name: str, directory: Directory, entry: DeviceEntry) -> None:
        self.entry = entry
        self.user = entry.user
        super().__init__(network, name, entry.region, directory)

    def install(self) -> None:
        self.database: dict[str, LocalConversation] = {}
        for entry in self.directory.conversations.values():
            if entry.head and self.user in entry.members:
                past = self.directory.past(entry)
                self.database[entry.conversation] = LocalConversation(
                    rows={message.seq: message for message in past},
                    ids={message.message: message.seq for message in past},
                    cursor=entry.head,
                    shown=entry.head,
                )
        self.epoch = 0
        self.sends = 0
        self._woken_by = "user"
        self._sample_interval = self.heartbeat_interval.sampler()

    def boot(self) -> None:
        self.connection: Connection | None = None
        self.connected = False
        self._synced = False
        self.receptions: dict[str, Reception] = {}
        self.sending: dict[str, Timer] = {}
        self._failures = 0
        self._last_heard = self.now
        for name, conversation in self.database.items():
            self._show([row for seq, row in sorted(conversation.rows.items()) if seq > conversation.shown], name)
        self._connect()

    def conversation(self, name: str) -> LocalConversation:
        """The local conversation; a new one starts from cursor 0."""
        found = self.database.get(name)
        if found is None:
            found = self.database[name] = LocalConversation()
        return found

    def reception(self, name: str) -> Reception:
        found = self.receptions.get(name)
        if found is None:
            found = self.receptions[name] = Reception()
        return found

    # --- decisions: sending ----------------------------------------------------------------------------------------

    @decision
    def message_id(self, entry: OutboxEntry, attempt: int) -> str:
        """The id under which a send goes out, for its `attempt`-th try (P1, P2): made once, the same for every try.

        It is what the server knows a retry by. Here it is derived from the send's own durable name, so that a restart
        can't change it.

        Variant::

            def message_id(self, entry, attempt):
                return f"{entry.send}.{attempt}"
        """
        return entry.send

    @decision
    def resend_delay(self, attempt: int, draw: int) -> int:
        """How long to wait, in µs, after the `attempt`-th try went unanswered; `draw` is uniform over [0, 2**64) (P1).

        Full jitter below an exponentially growing bound, so that clients don't come back in step.

        Variant::

            def resend_delay(self, attempt, draw):
                return 1_000_000
        """
        return draw * min(60_000_000, 1_000_000 << min(attempt - 1, 6)) >> 64

    @decision
    def next_to_send(self, outbox: Sequence[OutboxEntry]) -> Sequence[OutboxEntry]:
        """Which messages of one conversation's outbox may be under way at once, oldest first (P1).

        Only the first: a second one could be sequenced before a first one that has to be retried.

        Variant::

            def next_to_send(self, outbox):
                return outbox
        """
        return outbox[:1]

    # --- decisions: receiving --------------------------------------------------------------------------------------

    @decision
    def is_duplicate(self, local: LocalConversation, message: Message) -> bool:
        """Whether the local database already holds what arrived (P5): by its seq or by its message_id.

        Variant::

            def is_duplicate(self, local, message):
                return False
        """
        return message.seq <= local.cursor or message.message in local.ids

    @decision
    def next_cursor(self, cursor: int, waiting: Sequence[int]) -> int:
        """The delivered cursor, when the seqs in `waiting` (ascending, not yet stored) have arrived (P5, P6).

        The highest contiguous one: everything up to the cursor is held, so that a sync from it misses nothing. What
        lies beyond stays in the gap buffer.

        Variant::

            def next_cursor(self, cursor, waiting):
                return max(cursor, *waiting)
        """
        for seq in waiting:
            if seq != cursor + 1:
                break
            cursor = seq
        return cursor

    @decision
    def local_writes(self, rows: Sequence[Message], cursor: int) -> Sequence[Transaction]:
        """The transactions that store received rows and the new cursor (P5): one, with both.

        A crash between two transactions leaves one without the other; a cursor without its rows is lost data.

        Variant::

            def local_writes(self, rows, cursor):
                return [Transaction([], cursor), Transaction(rows, None)]
        """
        return (Transaction(rows, cursor),)

    @decision
    def display_order(self, rows: Sequence[Message]) -> Sequence[Message]:
        """In which order newly stored rows are shown (P5): by seq, as they are given.

        Variant::

            def display_order(self, rows):
                return sorted(rows, key=lambda row: row.sent_at)
        """
        return rows

    @decision
    def ack_upto(self, local: LocalConversation, seq: int) -> int:
        """What the device acks when it has dealt with `seq` (P5, P6): its cursor, the highest contiguous seq it holds.

        Variant::

            def ack_upto(self, local, seq):
                return seq
        """
        return local.cursor

    @decision
    def acks_duplicates(self) -> bool:
        """Whether a pushed message that the device already holds is acked again (P5): yes, the first ack may be lost.

        Variant::

            def acks_duplicates(self):
                return False
        """
        return True

    @decision
    def gap_delay(self, missing: int) -> int:
        """How long, in µs, a gap of `missing` messages may stay open before the device fetches them (P5).

        Variant::

            def gap_delay(self, missing):
                return 0
        """
        return self.gap_wait

    # --- decisions: syncing and connecting -------------------------------------------------------------------------

    @decision
    def sync_from(self, local: LocalConversation) -> int:
        """After which seq a sync continues (P7): after the delivered cursor.

        Variant::

            def sync_from(self, local):
                return max(0, local.cursor - 1)
        """
        return local.cursor

    @decision
    def needs_sync(self, local: LocalConversation, head: int) -> bool:
        """Whether a conversation whose head is `head` must be synced (P7): if the cursor is behind.

        Variant::

            def needs_sync(self, local, head):
                return head > local.cursor + 5
        """
        return head > local.cursor

    @decision
    def choose_gateway(self, gateways: Sequence[str], epoch: int) -> str:
        """The gateway for the `epoch`-th connection, given the device's gateways in order of preference.

        Variant::

            def choose_gateway(self, gateways, epoch):
                return gateways[0]
        """
        return gateways[(self.key + epoch) % len(gateways)]

    @decision
    def reconnect_delay(self, failures: int, draw: int) -> int:
        """How long to wait, in µs, before a reconnect after `failures` failures in a row; `draw` as above.

        Full jitter below an exponentially growing bound: a gateway's devices must not return all at once.

        Variant::

            def reconnect_delay(self, failures, draw):
                return self.reconnect_first
        """
        bound = min(self.reconnect_limit, self.reconnect_first << min(failures, 10))
        return draw * bound >> 64

    @decision
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
        """The app runs again; `by`: user, notification or healing."""
        self._woken_by = by
        if not self.up:
            self.new_life()
            self.emit(Woke, self.name, by)
            self._boot()

    def notified(self, notification: Notification) -> None:
        """A push notification reached the device, be the app awake or not."""
        self.emit(NotificationShown, self.name, notification.conversation)
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
        self.connection = self.network.connect(self, gateway, Hello(self.name, self.user, self.epoch))
        self.after(self.connect_timeout, self._connect_timeout, self.epoch)

    def _connect_timeout(self, epoch: int) -> None:
        if epoch == self.epoch and not self.connected and self.connection is not None:
            self._disconnect("timeout")

    def on_welcome(self, welcome: Welcome, connection: Connection) -> None:
        if connection is not self.connection or self.connected:
            return
        self.connected = True
        self._synced = False
        self._failures = 0
        self._last_heard = self.now
        self.emit(Connected, self.name, connection.server.name, self.epoch)
        self._beat(self.epoch)
        for name in list(self.database):
            self._send_next(name)

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
        connection.close(self)
        for reception in self.receptions.values():
            self._sync_over(reception)
        for timer in self.sending.values():
            timer.cancel()
        self.sending.clear()
        draw = self.draws.u64(_RECONNECT, self.key, self.epoch)
        self.after(self.reconnect_delay(self._failures, draw), self._connect)
        self._failures += 1

    def _beat(self, epoch: int) -> None:
        """One heartbeat, and the next in an interval; a gateway that was silent for too long is given up."""
        if epoch != self.epoch or not self.connected:
            return
        if self.now - self._last_heard >= self.heartbeat_timeout:
            self._disconnect("timeout")
            return
        self.heartbeat()
        draw = self.draws.u64(_HEARTBEAT, self.key, self.epoch, self.now)
        silent = self._last_heard + self.heartbeat_timeout - self.now
        self.after(min(self._sample_interval(draw), silent), self._beat, epoch)

    def heartbeat(self) -> None:
        """Says that the device is there, which asks for a digest."""
        if self.connection is not None and self.connected:
            self.connection.send(self, Heartbeat(self.name))

    def on_pong(self, pong: Pong, connection: Connection) -> None:
        self._last_heard = self.now

    # --- sending (P1) ----------------------------------------------------------------------------------------------

    def send(self, conversation: str, body: str) -> str:
        """A person sends a message: it is in the outbox from now on. Returns the send's name."""
        self.sends += 1
        entry = OutboxEntry(f"{self.name}:{self.sends}", conversation, self.sends, body, self.now)
        self.conversation(conversation).outbox[entry.send] = entry
        self.emit(SendRequested, self.name, conversation, entry.send, entry.number)
        self._send_next(conversation)
        return entry.send

    def _send_next(self, conversation: str) -> None:
        """Sends what may be under way and isn't."""
        if self.connected:
            outbox = self.conversation(conversation).outbox
            for entry in self.next_to_send(tuple(outbox.values())):
                if entry.send not in self.sending:
                    self._attempt(entry)

    def _attempt(self, entry: OutboxEntry) -> None:
        connection = self.connection
        if connection is None or not self.connected:
            return
        entry.attempts += 1
        message = self.message_id(entry, entry.attempts)
        self.emit(SendAttempted, self.name, entry.conversation, entry.send, message, entry.attempts)
        self.sending[entry.send] = self.after(self.send_timeout, self._send_timeout, entry)
        connection.send(self, SendMessage(entry.conversation, message, entry.body, entry.sent_at, entry.attempts))

    def _send_timeout(self, entry: OutboxEntry) -> None:
        draw = self.draws.u64(_RESEND, key(entry.send), entry.attempts)
        self.sending[entry.send] = self.after(self.resend_delay(entry.attempts, draw), self._attempt, entry)

    def on_send_result(self, result: SendResult, connection: Connection) -> None:
        self._last_heard = self.now
        outbox = self.conversation(result.conversation).outbox
        entry = next((e for e in outbox.values() if self._is_answer(e, result)), None)
        if entry is None:
            return  # answered before
        if result.seq:
            message = Message(
                result.conversation, result.seq, result.message, self.user, self.name, entry.body, entry.sent_at
            )
            self.take((message,), "accept")
            if self.life.dead:
                return  # killed at a crash point on the way
        if result.refused:
            self.emit(SendRefused, self.name, result.conversation, entry.send, result.message, result.refused)
        else:
            self.emit(SendAccepted, self.name, result.conversation, entry.send, result.message, result.seq)
        del outbox[entry.send]
        timer = self.sending.pop(entry.send, None)
        if timer is not None:
            timer.cancel()
        self._send_next(result.conversation)

    def _is_answer(self, entry: OutboxEntry, result: SendResult) -> bool:
        return any(self.message_id(entry, attempt) == result.message for attempt in range(1, entry.attempts + 1))

    # --- receiving (P5) --------------------------------------------------------------------------------------------

    def on_push(self, push: PushMessage, connection: Connection) -> None:
        self._last_heard = self.now
        self.point("received", self._pushed, push.message)

    def _pushed(self, message: Message) -> None:
        self.take((message,), "push")

    def take(self, messages: Sequence[Message], via: str) -> None:
        """Takes in what arrived of one conversation: ignored if held, stored if it is next, else in the gap buffer."""
        name = messages[0].conversation
        local = self.database.get(name) or self.conversation(name)
        reception = self.receptions.get(name) or self.reception(name)
        buffer = reception.buffer
        new = 0
        for message in messages:
            seq = message.seq
            if seq in buffer or self.is_duplicate(local, message):
                self.emit(DuplicateIgnored, self.name, name, seq, message.message, via)
                if via == "push" and seq not in buffer and self.acks_duplicates():
                    self.ack(name, seq)
            else:
                buffer[seq] = (message, via)
                new = seq
        if not new:
            return
        waiting = sorted(buffer) if len(buffer) > 1 else (new,)
        cursor = self.next_cursor(local.cursor, waiting)
        taken = [buffer.pop(seq) for seq in waiting if seq <= cursor]
        if taken:
            filled, reception.gap = reception.gap and not buffer, bool(buffer)
            transactions = self.local_writes([row for row, _ in taken], cursor)
            self._write(_Write(name, transactions, {row.seq: how for row, how in taken}, filled=filled))
        elif not reception.gap:
            reception.gap = True
            self.emit(GapOpened, self.name, name, local.cursor, new)
            self.after(self.gap_delay(waiting[0] - local.cursor - 1), self._gap_timeout, name)

    def _write(self, write: _Write) -> None:
        self.point("writing", self._commit, write)

    def _commit(self, write: _Write) -> None:
        """Commits the next transaction to the local database."""
        rows, cursor = write.transactions[write.step]
        name = write.conversation
        local = self.database[name]
        for row in rows:
            local.rows[row.seq] = row
            local.ids[row.message] = row.seq
            self.emit(Stored, self.name, name, row.seq, row.message, write.via[row.seq])
        if cursor is not None and cursor != local.cursor:
            local.cursor = cursor
            self.emit(CursorMoved, self.name, name, cursor)
        write.step += 1
        if write.step < len(write.transactions):
            self._write(write)
        else:
            self.point("stored", self._stored, write)

    def _stored(self, write: _Write) -> None:
        rows = [row for transaction in write.transactions for row in transaction.rows]
        name = write.conversation
        if write.filled:
            self.emit(GapFilled, self.name, name, self.database[name].cursor)
        self._show(rows, name)
        self.point("shown", self._shown, (name, rows[-1].seq if rows else 0))

    def _show(self, rows: Sequence[Message], name: str) -> None:
        local = self.database[name]
        for row in self.display_order(rows):
            self.emit(Shown, self.name, name, row.seq, row.message, row.sender)
            local.shown = max(local.shown, row.seq)

    def _shown(self, what: tuple[str, int]) -> None:
        self.ack(*what)

    def ack(self, conversation: str, seq: int) -> None:
        """Tells the server how far the device holds the conversation; nothing, if it is not connected."""
        connection = self.connection
        if connection is None or not self.connected:
            return
        upto = self.ack_upto(self.database[conversation], seq)
        self.emit(AckSent, self.name, conversation, upto)
        connection.send(self, Ack(self.name, conversation, upto))
        self.point("acked", _nothing)

    def _gap_timeout(self, name: str) -> None:
        if self.reception(name).buffer:
            self.sync(name, "gap")

    # --- syncing (P7) ----------------------------------------------------------------------------------------------

    def on_digest(self, digest: Digest, connection: Connection) -> None:
        """Compares heads with cursors: syncs what is behind, and repeats an ack that the store seems to lack."""
        self._last_heard = self.now
        why, self._synced = ("digest" if self._synced else "connect"), True
        for head in digest.heads:
            local = self.conversation(head.conversation)
            if self.needs_sync(local, head.head):
                self.sync(head.conversation, why)
            elif head.cursor < local.cursor:
                self.ack(head.conversation, local.cursor)
            if not self.life.running:
                return

    def sync(self, name: str, why: str) -> None:
        """Asks for the page after the cursor, unless one is on its way."""
        connection = self.connection
        reception = self.reception(name)
        if connection is None or not self.connected or reception.syncing is not None:
            return
        after = self.sync_from(self.conversation(name))
        reception.syncing = self.after(self.sync_timeout, self._sync_timeout, name)
        self.emit(SyncRequested, self.name, name, after, why)
        connection.send(self, SyncRequest(self.name, name, after))

    def _sync_timeout(self, name: str) -> None:
        self._sync_over(self.reception(name))
        self.sync(name, "retry")

    def _sync_over(self, reception: Reception) -> None:
        if reception.syncing is not None:
            reception.syncing.cancel()
            reception.syncing = None

    def on_sync_page(self, page: SyncPage, connection: Connection) -> None:
        self._last_heard = self.now
        name = page.conversation
        local = self.conversation(name)
        self._sync_over(self.reception(name))
        self.emit(SyncPageReceived, self.name, name, page.after, len(page.messages), page.head)
        before = local.cursor
        if page.messages:
            self.take(page.messages, "sync")
        if self.life.running and local.cursor > before and self.needs_sync(local, page.head):
            self.sync(name, "page")


def _nothing(_: object) -> None:
    pass
