"""Gateways (C2): hold the devices' connections, pass their frames on, push to them. All volatile.

Promise kept here: none that outlives the process. What may fail: the gateway dies and takes its connections with it;
a connection is half-open and pushes into it vanish. Devices notice and reconnect; what they missed comes by sync.

One that is stopped as planned, for a new version say, *drains* before: it lets nobody in any more, sends its devices elsewhere
one after the other, each when nothing of it is under way, and is empty when it stops.

Requirements: C2, P4, P7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from msgspec.structs import replace

from model.component import Component
from model.content import Message
from model.decisions import Index, Micros, Seq, action, decision, setting
from model.events import (
    ConnectionRefused,
    GatewayDrained,
    GatewayDraining,
    SendAdmitted,
    SendHeldBack,
    SessionDropped,
    SessionOpened,
)
from model.security import ISSUER, Bucket, seal
from model.serving import TurnsAway
from model.wire.base import Wire
from model.wire.client import (
    Ack,
    Block,
    BlockKept,
    ConversationList,
    Digest,
    Goodbye,
    HeadHint,
    Heartbeat,
    Hello,
    ListRequest,
    LiveReceipts,
    Pong,
    Profile,
    ProfileKept,
    PushMessage,
    ReadMark,
    Refused,
    RegisterToken,
    Resume,
    SendMessage,
    SendResult,
    SyncPage,
    SyncRequest,
    TokenKept,
    Typing,
    TypingFrame,
    Welcome,
)
from model.wire.delivery import Push, PushHint, PushResult, Register, TokenStored, TokenUpdate, Unregister
from model.wire.service import (
    BlockUpdate,
    CursorUpdate,
    DigestRequest,
    ListRead,
    PresenceBeat,
    PresenceGone,
    PresenceNotice,
    ProfileUpdate,
    ReadUpdate,
    ReceiptNotice,
    Send,
    SyncRead,
    TypingNotice,
    TypingStarted,
)
from sim.network import Connection
from sim.node import Unknown
from sim.state import Marks, only_looks

_LOOK_EVERY = 100_000
"""µs: how often a gateway that drains looks whether a device can go."""


@dataclass(slots=True)
class GatewaySession:
    """A connected device, as its gateway knows it. `failures` counts calls without an answer: another service is tried."""

    marks = Marks(aside="failures connected_at")

    connection: Connection
    device: str
    user: str
    epoch: int
    last_heard: int
    last_beat: int
    """When presence was told last that the device was heard (µs)."""
    expires: int
    seal: int = 0
    connected_at: int = 0
    caught_up: bool = False
    """Whether a digest has answered one of its heartbeats."""
    capabilities: tuple[str, ...] = ("*",)
    """The payload types that its app knows, as the store's table of profiles says; all, until that was read."""
    failures: int = 0
    asked: int = 0
    """How many of its frames wait for a service's answer."""
    pushed: dict[str, dict[int, list[tuple[str, int]]]] = field(default_factory=dict)
    """Pushes not yet acked: conversation → seq → who waits for the ack (worker, delivery)."""


class Gateway(TurnsAway, Component):
    """One gateway. Its sessions are volatile."""

    kind: ClassVar[str] = "gateway"
    receives: ClassVar[dict[type, str]] = {
        Hello: "on_hello",
        Heartbeat: "on_heartbeat",
        SendMessage: "on_send",
        Ack: "on_ack",
        ReadMark: "on_read_mark",
        Block: "on_block",
        Typing: "on_typing",
        TypingNotice: "on_typing_notice",
        ReceiptNotice: "on_receipt_notice",
        PresenceNotice: "on_presence_notice",
        SyncRequest: "on_sync_request",
        Resume: "on_resume",
        ListRequest: "on_list_request",
        RegisterToken: "on_register_token",
        Profile: "on_profile",
        Goodbye: "on_goodbye",
        Push: "on_push",
        PushHint: "on_push_hint",
    }
    served: ClassVar[dict[type[Wire], str]] = dict.fromkeys(
        (Heartbeat, SendMessage, Ack, ReadMark, SyncRequest, Push, PushHint), "frame_time"
    )
    refused: ClassVar[tuple[type[Wire], ...]] = (SendMessage,)
    points: ClassVar[tuple[str, ...]] = ("connected", "forwarding", "pushed", "acked")
    marks = Marks(durable="revoked refused_devices", volatile="sessions drains_until", aside="buckets _leaves")

    concurrency = setting(4, unit="cores", why="How many frames a gateway works on at once.")
    frame_time = setting(10, unit="µs of one core", why="What a frame costs that comes in, and one that goes out.")
    egress = setting(
        125_000_000,
        unit="bytes/s",
        why="How fast what it pushes leaves a gateway: members of a large group get a message one after the other.",
        source="a network card of 1 Gbit/s",
    )

    idle_timeout = setting(
        100_000_000,
        unit="µs",
        why="A connection that was silent for so long is taken for dead.",
        source="Mattermost: pong wait 100 s",
    )
    service_timeout = setting(
        3_000_000, unit="µs", why="After this a service instance's answer is given up and the next try goes to another."
    )

    activity_interval = setting(
        10_000_000,
        unit="µs",
        why="Presence is told of a device that sends something if it was told nothing for so long: last seen is as exact.",
    )

    drain_window = setting(
        30_000_000,
        unit="µs",
        why="Over how long at most a gateway that is to stop sends its devices elsewhere.",
        source="Phoenix: socket drainer, shutdown 30 s; Kubernetes: grace period 30 s",
    )

    user_rate = setting(5, unit="sends/s", why="How many sends of one user a gateway forwards on average.")
    user_burst = setting(20, unit="sends", why="How many sends of one user a gateway forwards at once.")

    def install(self) -> None:
        self.revoked: set[str | int] = set()
        """Devices all of whose tokens are revoked, and seals of single tokens that are: configuration, kept over restarts."""
        self.refused_devices: list[frozenset[str]] = []
        """Devices whose tokens can't be checked now, as the service that does it is down for them: outside of what restarts."""

    def boot(self) -> None:
        self.sessions: dict[str, GatewaySession] = {}
        self.buckets: dict[str, Bucket] = {}
        self._leaves = 0
        self.drains_until = 0
        """When it will be stopped, in µs of its uptime, if it drains; else 0."""

    # --- decisions -------------------------------------------------------------------------------------------------

    @decision
    def acks_to_store(self, ack: Ack) -> Seq:
        """The cursor that a device's ack reports to the messaging service: what the device said (P6).

        Variant::

            def acks_to_store(self, ack):
                return ack.upto + 1
        """
        return ack.upto

    @decision
    def refuses(self, hello: Hello) -> str:
        """Why a connection is refused at the upgrade, or '' (P15): a token that is forged, expired, or another's.

        The seal first: what else a token says counts only if its issuer said it.

        Variant::

            def refuses(self, hello):
                return ""
        """
        token = hello.token
        if token.seal != seal(token.issuer, token.subject, token.device, token.expires) or token.issuer != ISSUER:
            return "forged"
        if (token.subject, token.device) != (hello.user, hello.device):
            return "another's"
        if self.is_revoked(token.device, token.seal):
            return "revoked"
        return "expired" if self.now >= token.expires else ""

    @action
    def send_wait(self, bucket: Bucket) -> Micros:
        """How long, in µs, a user must wait before the next send is forwarded; 0 forwards it (P15): by a token bucket.

        Variant::

            def send_wait(self, bucket):
                return 0
        """
        return bucket.take(self.uptime)

    @decision
    def outlives(self, session: GatewaySession) -> bool:
        """Whether a session goes on, asked at each heartbeat (P15): as long as the token that it was opened by is good.

        A token that has expired or was revoked would not open a connection; one that is open already is worth as much.

        Variant::

            def outlives(self, session):
                return True
        """
        return self.now < session.expires and not self.is_revoked(session.device, session.seal)

    @decision
    def sends_digest(self, session: GatewaySession) -> bool:
        """Whether a heartbeat is answered with a digest of the conversations' heads (P7).

        Always: it is how a device finds out, without a reconnect, that a push was lost, and how the store's cursor
        catches up after a lost ack.

        Variant::

            def sends_digest(self, session):
                return False
        """
        return True

    @decision
    def asks_afresh(self, session: GatewaySession) -> bool:
        """Whether a digest must say what the heads are now (P7, G5): the first one of a connection, until one has come.

        What was committed before the session was registered is pushed to nobody here, and has to be in that digest: one that was
        read from a replica a moment behind leaves it for the next heartbeat, 45 s later. Later ones may be old: what they lack
        was pushed.

        Variant::

            def asks_afresh(self, session):
                return False
        """
        return not session.caught_up

    @decision
    def registers_first(self, session: GatewaySession) -> bool:
        """Whether a device is registered for pushes before its digest is read, and not only when that has come (P4, P7).

        What is committed in between is then pushed, or in the digest, or both, which does no harm. The other way round it is in
        neither, and waits for the next heartbeat.

        Variant::

            def registers_first(self, session):
                return False
        """
        return True

    @decision
    def takes_down(self, message: Message, capabilities: Sequence[str]) -> bool:
        """Whether an app that knows the payload types in `capabilities` is sent the simpler form of a message (P16, D7).

        Asked of a message that has one. An app that does not know the type can show it, and could only show a placeholder
        for the other; what it can't show is not sent at all. One that knows the type gets what was sent.

        Variant::

            def takes_down(self, message, capabilities):
                return False
        """
        return message.payload not in capabilities and "*" not in capabilities

    @decision
    def subscribed(self, message: Message, devices: Sequence[str]) -> Sequence[str]:
        """To which devices a push goes that a worker sends for `devices` (P4, P13): to those.

        A gateway believes nothing of its own about who is a member: the worker has asked the store, for this very message. Who
        goes on sending to all that it has ever sent a conversation to, goes on after one of them was removed.

        Variant::

            def subscribed(self, message, devices):
                others = (s.device for s in self.sessions.values() if message.conversation in s.pushed)
                return list(dict.fromkeys((*devices, *others)))
        """
        return devices

    @decision
    def told_of_dropped(self, why: str) -> str:
        """What workers are told of pushes that were not acked when their session ended (P4): that there is no connection.

        Whether they arrived, nobody knows: they have to be tried again, or left to a notification.

        Variant::

            def told_of_dropped(self, why):
                return "acked" if why == "replaced" else "no connection"
        """
        return "no connection"

    @decision
    def drains(self) -> bool:
        """Whether a gateway that is about to be stopped sends its devices elsewhere first (C2): it does.

        One that just stops throws all of them off at once: what is under way is tried again, and all come back together.

        Variant::

            def drains(self):
                return False
        """
        return True

    @decision
    def lets_in(self) -> bool:
        """Whether a gateway that drains still takes devices (C2): none. Who is let in now is thrown off in a moment.

        Variant::

            def lets_in(self):
                return True
        """
        return False

    @decision
    def sent_elsewhere_after(self, place: Index, devices: Index, grace: Micros) -> Micros:
        """How long after it began to drain, in µs, a gateway sends the one at `place` of its `devices` elsewhere (C2).

        They are spread evenly over `drain_window`, or over half of the `grace` that it has until it is stopped, if that is
        less: the others get them one by one, and the last ones, too, have the time to finish what is under way.

        Variant::

            def sent_elsewhere_after(self, place, devices, grace):
                return 0
        """
        return place * min(self.drain_window, grace // 2) // devices

    @decision
    def lets_go(self, session: GatewaySession) -> bool:
        """Whether a device can be sent elsewhere now, by a gateway that drains (C2, P1): when nothing of it is under way.

        What it has sent is answered, and what was pushed to it is acked: so nothing has to be tried again on another
        connection. When three quarters of the time are over it has to go as it is.

        Variant::

            def lets_go(self, session):
                return True
        """
        return not session.asked and not any(session.pushed.values())

    # --- draining --------------------------------------------------------------------------------------------------

    @property
    def draining(self) -> bool:
        """Whether it is about to be stopped."""
        return self.drains_until > 0

    def drain(self, grace: int) -> None:
        """It will be stopped in `grace` µs: lets nobody in any more, and sends its devices elsewhere."""
        if self.draining:
            return
        self.drains_until = self.uptime + max(1, grace)
        sessions = list(self.sessions.values())
        self.emit(GatewayDraining, grace, len(sessions))
        if not self.drains():
            return
        for place, session in enumerate(sessions):
            self.after(self.sent_elsewhere_after(place, len(sessions), grace), self._send_elsewhere, session)
            self.after(grace * 3 // 4, self._send_away, session)
        if not sessions:
            self.emit(GatewayDrained)

    def _send_elsewhere(self, session: GatewaySession) -> None:
        if self.lets_go(session):
            self._send_away(session)
        elif self.sessions.get(session.device) is session:
            self.after(_LOOK_EVERY, self._send_elsewhere, session)

    def _send_away(self, session: GatewaySession) -> None:
        if self.sessions.get(session.device) is session:
            self._drop(session, "draining")
            session.connection.close(self, "draining")

    # --- connections -----------------------------------------------------------------------------------------------

    def on_hello(self, hello: Hello, connection: Connection) -> None:
        why = (
            self.refuses(hello)
            or self._uncheckable(hello)
            or ("draining" if self.draining and not self.lets_in() else "")
        )
        if why:
            self.emit(ConnectionRefused, hello.device, why)
            connection.send(self, Refused(hello.device, why))
            connection.close(self, "refused")
            return
        old = self.sessions.get(hello.device)
        if old is not None:
            self._drop(old, "replaced")
            old.connection.close(self, "replaced")
        token = hello.token
        up = self.uptime
        session = GatewaySession(
            connection, hello.device, hello.user, hello.epoch, up, up, token.expires, token.seal, self.now
        )
        connection.info = session
        self.sessions[hello.device] = session
        self.emit(SessionOpened, session.device, session.epoch, session.expires)
        self.after(self.idle_timeout, self._check_idle, session)
        self.point("connected", self._welcome, session)

    def is_revoked(self, device: str, seal: int) -> bool:
        """Whether the token with this seal, or every token of the device, is revoked."""
        return seal in self.revoked or device in self.revoked

    def _uncheckable(self, hello: Hello) -> str:
        """Why a good token opens no connection now, or ''."""
        return "not checked" if any(hello.device in devices for devices in self.refused_devices) else ""

    def _welcome(self, session: GatewaySession) -> None:
        session.connection.send(self, Welcome(session.device, session.epoch))
        if self.registers_first(session):
            self._register(session)

    def _register(self, session: GatewaySession) -> None:
        row = Register(session.device, self.name, session.epoch, session.user, session.connected_at)
        self.cast(self.directory.registry, row)
        self._beat(session)

    def _beat(self, session: GatewaySession) -> None:
        session.last_beat = self.uptime
        self.cast(self.directory.presence, PresenceBeat(session.user, session.device, session.epoch))

    @only_looks
    def _check_idle(self, session: GatewaySession) -> None:
        if self.sessions.get(session.device) is not session:
            return
        silent = self.uptime - session.last_heard
        if silent < self.idle_timeout:
            self.after(self.idle_timeout - silent, self._check_idle, session)
        else:
            self._drop(session, "idle")
            session.connection.close(self, "idle")

    def _drop(self, session: GatewaySession, why: str) -> None:
        """Forgets a session; whoever waits for an ack from it is told."""
        if self.sessions.get(session.device) is session:
            del self.sessions[session.device]
            self.emit(SessionDropped, session.device, session.epoch, why)
            self.cast(self.directory.registry, Unregister(session.device, self.name, session.epoch))
            self.cast(
                self.directory.presence,
                PresenceGone(session.user, session.device, session.epoch, self.uptime - session.last_heard),
            )
            if self.draining and not self.sessions:
                self.emit(GatewayDrained)
        told = self.told_of_dropped(why)
        for conversation, waiting in session.pushed.items():
            for seq, workers in waiting.items():
                for worker, delivery in workers:
                    self.cast(worker, PushResult(session.device, conversation, seq, told, delivery))
        session.pushed.clear()

    def connection_lost(self, connection: Connection, why: str) -> None:
        self._drop(connection.info, why)

    def on_goodbye(self, goodbye: Goodbye, connection: Connection) -> None:
        self._drop(connection.info, "goodbye")
        connection.close(self)

    # --- what devices send -----------------------------------------------------------------------------------------

    def _heard(self, connection: Connection) -> GatewaySession:
        """Return the session of a connection through which its device has just been heard; presence is told now and then."""
        session: GatewaySession = connection.info
        session.last_heard = now = self.uptime
        if now - session.last_beat >= self.activity_interval:
            self._beat(session)
        return session

    def _ask_service(self, request: Wire, session: GatewaySession) -> None:
        service = self.directory.service_for(session.device, session.failures)
        session.asked += 1
        self.ask(service, request, self.service_timeout, self._pass_on, session)

    def on_heartbeat(self, heartbeat: Heartbeat, connection: Connection) -> None:
        session: GatewaySession = connection.info
        session.last_heard = self.uptime
        if not self.outlives(session):
            self._drop(session, "token")
            connection.close(self, "token")
            return
        connection.send(self, Pong(session.device))
        if self.registers_first(session):
            self._register(session)  # rebuilds a registry that lost it
        if self.sends_digest(session):
            self._ask_service(DigestRequest(session.device, session.user, self.asks_afresh(session)), session)

    def on_send(self, frame: SendMessage, connection: Connection) -> None:
        session = self._heard(connection)
        self.point("forwarding", self._forward, (frame, session))

    def _forward(self, work: tuple[SendMessage, GatewaySession]) -> None:
        frame, session = work
        bucket = self.buckets.get(session.user)
        if bucket is None:
            bucket = self.buckets[session.user] = Bucket(self.user_rate, self.user_burst, self.uptime)
        wait = self.send_wait(bucket)
        if wait:
            self._hold_back(session, frame, "user rate", wait)
            return
        self.emit(SendAdmitted, session.device, frame.conversation, frame.message, "gateway")
        send = Send(content=frame.content, sender=session.user, device=session.device, attempt=frame.attempt)
        self._ask_service(send, session)

    def answer_busy(self, payload: SendMessage, source: Connection, wait: int) -> None:
        self._hold_back(self._heard(source), payload, "busy", wait)

    def _hold_back(self, session: GatewaySession, frame: SendMessage, why: str, wait: int) -> None:
        self.emit(SendHeldBack, session.device, frame.conversation, frame.message, why, wait)
        session.connection.send(self, SendResult(frame.conversation, frame.message, 0, "", wait))

    def on_profile(self, profile: Profile, connection: Connection) -> None:
        session = self._heard(connection)
        self._ask_service(ProfileUpdate(profile), session)

    def on_sync_request(self, request: SyncRequest, connection: Connection) -> None:
        session = self._heard(connection)
        read = SyncRead(
            session.device, session.user, request.conversation, request.after, request.heard, request.before
        )
        self._ask_service(read, session)

    def on_resume(self, resume: Resume, connection: Connection) -> None:
        """A page for each conversation, as soon as it is read; more is streamed as the device takes it in."""
        session = self._heard(connection)
        for conversation, after, heard in resume.cursors:
            self._ask_service(SyncRead(session.device, session.user, conversation, after, heard), session)

    def on_list_request(self, request: ListRequest, connection: Connection) -> None:
        session = self._heard(connection)
        self._ask_service(ListRead(session.device, session.user, request.number, request.marks), session)

    def _pass_on(
        self,
        answer: ConversationList | SendResult | SyncPage | Digest | ProfileKept | BlockKept | Unknown,
        session: GatewaySession,
    ) -> None:
        """Hands a service's answer to the device; if there was none, the device's own time-out covers it."""
        session.asked -= 1
        if isinstance(answer, Unknown):
            session.failures += 1
            return
        if isinstance(answer, Digest):
            session.caught_up = True
            if not self.registers_first(session):
                self._register(session)
        elif isinstance(answer, ProfileKept):
            session.capabilities = answer.capabilities
        elif isinstance(answer, SyncPage) and any(message.simpler for message in answer.messages):
            answer = replace(answer, messages=tuple(self._form_for(session, message) for message in answer.messages))
        session.connection.send(self, answer)

    def _form_for(self, session: GatewaySession, message: Message) -> Message:
        """Return a message as the session's device is to have it."""
        if message.simpler and self.takes_down(message, session.capabilities):
            return replace(message, simplified=True)
        return message

    def on_ack(self, ack: Ack, connection: Connection) -> None:
        session = self._heard(connection)
        self.point("acked", self._acked, (ack, session))

    def _acked(self, work: tuple[Ack, GatewaySession]) -> None:
        ack, session = work
        update = CursorUpdate(ack.device, ack.conversation, self.acks_to_store(ack), ack.installation)
        self.cast(self.directory.service_for(session.device, session.failures), update)
        waiting = session.pushed.get(ack.conversation)
        if waiting:
            for seq in [seq for seq in waiting if seq <= ack.upto]:
                for worker, delivery in waiting.pop(seq):
                    self.cast(worker, PushResult(ack.device, ack.conversation, seq, "acked", delivery))

    def on_read_mark(self, mark: ReadMark, connection: Connection) -> None:
        session = self._heard(connection)
        update = ReadUpdate(session.user, mark.conversation, mark.upto)
        self.cast(self.directory.service_for(session.device, session.failures), update)

    def on_block(self, block: Block, connection: Connection) -> None:
        session = self._heard(connection)
        update = BlockUpdate(
            session.user, block.device, block.blocked, block.on, block.ask, block.number, block.installation
        )
        self._ask_service(update, session)

    def on_register_token(self, frame: RegisterToken, connection: Connection) -> None:
        session = self._heard(connection)
        update = TokenUpdate(session.device, session.user, frame.token, frame.version, frame.active, frame.platform)
        self.ask(self.directory.notification, update, self.service_timeout, self._token_stored, session)

    def _token_stored(self, answer: TokenStored | Unknown, session: GatewaySession) -> None:
        if isinstance(answer, TokenStored):
            session.connection.send(self, TokenKept(session.device, answer.version))

    def on_typing(self, typing: Typing, connection: Connection) -> None:
        session = self._heard(connection)
        self.cast(self.directory.presence, TypingStarted(session.user, typing.conversation))

    def on_typing_notice(self, notice: TypingNotice, source: None) -> None:
        for device in notice.devices:
            session = self.sessions.get(device)
            if session is not None:
                session.connection.send(self, TypingFrame(device, notice.conversation, notice.user))

    def on_receipt_notice(self, notice: ReceiptNotice, source: None) -> None:
        for device, receipts in notice.told:
            session = self.sessions.get(device)
            if session is not None:
                session.connection.send(self, LiveReceipts(device, receipts))
                self.count("receipt frame", 1, 32 * len(receipts))

    def on_presence_notice(self, notice: PresenceNotice, source: None) -> None:
        for frame in notice.frames:
            session = self.sessions.get(frame.device)
            if session is not None:
                session.connection.send(self, frame)
                self.count("presence frame", 1, 16 * len(frame.sightings))

    # --- what workers push -----------------------------------------------------------------------------------------

    def on_push(self, push: Push, source: None) -> None:
        message = push.message
        for device in self.subscribed(message, push.devices):
            session = self.sessions.get(device)
            if session is None:
                result = PushResult(device, message.conversation, message.seq, "no connection", push.delivery)
                self.cast(push.worker, result)
                continue
            waiting = session.pushed.setdefault(message.conversation, {})
            waiting.setdefault(message.seq, []).append((push.worker, push.delivery))
            session.connection.send(
                self, PushMessage(device, self._form_for(session, message)), self._leaving(message.bytes)
            )
            self.count("push", 1, message.bytes)
        self.point("pushed", _nothing)

    def _leaving(self, size: int) -> int:
        """Puts a frame of so many bytes behind those that are to leave; returns in how many µs it is out."""
        now = int(self.env._now)
        takes = (self.frame_time + size * 1_000_000 // self.egress) * self.slowness
        self._leaves = leaves = max(self._leaves, now) + takes
        return leaves - now

    def on_push_hint(self, hint: PushHint, source: None) -> None:
        for device in hint.devices:
            session = self.sessions.get(device)
            if session is None:
                result = PushResult(device, hint.conversation, hint.seq, "no connection", hint.delivery)
                self.cast(hint.worker, result)
                continue
            waiting = session.pushed.setdefault(hint.conversation, {})
            waiting.setdefault(hint.seq, []).append((hint.worker, hint.delivery))
            session.connection.send(self, HeadHint(device, hint.conversation, hint.seq))
            self.count("push hint", 1, 16)


def _nothing(_: object) -> None:
    pass
