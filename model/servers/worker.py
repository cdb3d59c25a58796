"""Delivery workers (C7): lease a task, push to the devices that are online, hand the others to notification.

Promise kept here: a task is closed only when every device it was for has the message or was handed over (P4). What may
fail: the worker dies, and its lease runs out; an ack gets lost, and the push is repeated. Devices dedupe.

Requirements: C7, P4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from model.component import Component
from model.content import Message
from model.decisions import Draw, Micros, decision, setting
from model.events import DeliveryConfirmed, HandedToNotification, HeadHinted, Pushed, PushFailed
from model.wire.delivery import (
    Complete,
    Done,
    Lease,
    LeaseRequest,
    Lookup,
    Notify,
    Publish,
    Published,
    Push,
    PushHint,
    PushResult,
    Release,
    Session,
    Sessions,
)
from model.wire.store import ReadRecipients, Recipient, Recipients, Recorded, RecordFailures, WriteInbox
from sim.draws import key
from sim.environment import Signal
from sim.node import Steps, Unknown
from sim.state import Marks

_BACKOFF = key("push backoff")
_NOBODY_WAITS = 0
"""The number of no delivery."""


class _Delivery:
    """One task in a worker's hands. `waiting`: devices that were pushed to and have not settled; `left`: not settled.

    `whole`: they are pushed the message, and not only a hint. `only`: whom alone a round is for; none: whoever is left.
    """

    __slots__ = ("left", "message", "only", "settled", "waiting", "whole")

    def __init__(self, message: Message, devices: Iterable[str], whole: bool) -> None:
        self.message = message
        self.whole = whole
        self.left: dict[str, None] = dict.fromkeys(devices)
        self.waiting: dict[str, None] = {}
        self.only: tuple[str, ...] = ()
        self.settled: Signal | None = None


class _Names(Sequence[str]):
    """The names that a dict has as keys, as a sequence: nothing is copied for who does not look at them."""

    __slots__ = ("_of",)

    def __init__(self, of: dict[str, None]) -> None:
        self._of = of

    def __len__(self) -> int:
        return len(self._of)

    def __iter__(self) -> Iterator[str]:
        return iter(self._of)

    def __contains__(self, name: object) -> bool:
        return name in self._of

    def __getitem__(self, place: Any) -> Any:
        return tuple(self._of)[place]


class DeliveryWorker(Component):
    """One worker. Everything it knows is volatile."""

    kind: ClassVar[str] = "worker"
    receives: ClassVar[dict[type, str]] = {PushResult: "on_push_result"}
    points: ClassVar[tuple[str, ...]] = ("leased", "inboxed", "distributed", "pushed", "delivered", "closed")
    marks = Marks(volatile="_deliveries _free _polling", aside="_next_delivery", local_aside="number token")

    slots = setting(16, unit="tasks", why="How many tasks a worker has in its hands at once.")
    poll_timeout = setting(
        25_000_000, unit="µs", why="After this a poll is taken for lost: the queue answers within its own 20 s."
    )
    call_timeout = setting(1_000_000, unit="µs", why="After this the outcome of a call is unknown.")
    ack_timeout = setting(4_000_000, unit="µs", why="How long a pushed device may take to ack before the next try.")
    time_to_live = setting(
        28 * 86_400_000_000,
        unit="µs",
        why="A message older than this is not pushed any more.",
        source="FCM: up to 28 d",
    )
    returning = setting(
        10_000_000,
        unit="µs",
        why="For so long after it has connected a device that was taken for stuck may have had no time to ack; swept.",
    )
    push_attempts = setting(3, unit="pushes", why="So many unanswered pushes, and the device is taken for offline.")
    batch = setting(100, unit="rows", why="How many inbox rows are written, or tasks published, with one call at most.")
    release_delay = setting(
        2_000_000, unit="µs", why="How long a task rests that could not be worked on (no recipients, no notification)."
    )

    def boot(self) -> None:
        self._deliveries: dict[int, _Delivery] = {}
        # Unique over lives: a gateway that was paused may answer a push of an earlier life of this worker.
        self._next_delivery = (self.life.number << 32) + 1
        self._free = self.slots
        self._polling: dict[str, bool] = dict.fromkeys(self.directory.queues_of(self.name), False)
        self._poll()

    def comparable(self) -> dict[str, Any]:
        """Return the state without the numbers of deliveries."""
        return {**super().comparable(), "_deliveries": self._deliveries.values()}

    # --- decisions -------------------------------------------------------------------------------------------------

    @decision
    def recipients(self, message: Message, devices: Sequence[Recipient]) -> Sequence[Recipient]:
        """To which of the members' devices a task is delivered: all but the one that sent it (G1, P4).

        The sending device learns its seq from the answer to its send, or, if that is lost, from its retry or a digest.

        Variant::

            def recipients(self, message, devices):
                return [d for d in devices if d.user != message.sender]
        """
        return [recipient for recipient in devices if recipient.device != message.device]

    @decision
    def already_delivered(self, message: Message, recipient: Recipient) -> bool:
        """Whether a device needs no push because its stored cursor has passed the message (P6).

        The cursor is contiguous, so that it proves that the device holds the message.

        Variant::

            def already_delivered(self, message, recipient):
                return False
        """
        return recipient.cursor >= message.seq

    @decision
    def abandons(self, message: Message, recipient: Recipient) -> str:
        """Why delivery to a device is given up by policy, or '' (P4, P10, P17): too old, blocked, or stuck.

        How old it is, the store says, by its own clock (P18): a sender's may be wrong by days, and this worker's by seconds.
        What is given up is pushing and notifying, with a failure row as evidence. The message stays in the history, and
        a device that syncs gets it. To who has blocked the sender, it is neither pushed nor notified; its place is passed at
        the next sync.

        Variant::

            def abandons(self, message, recipient):
                return "unwanted" if recipient.user == "bob" else ""
        """
        if recipient.blocked:
            return "blocked"
        if recipient.age > self.time_to_live:
            return "expired"
        return "stuck" if recipient.stuck else ""

    @decision
    def spares(self, reason: str, connected_for: Micros) -> bool:
        """Whether who is given up for this `reason` is pushed to all the same, `connected_for` µs by now (P10): who is just back.

        Who was taken for stuck and is back is there before its first ack is: what is sent meanwhile would come with the next
        digest, up to a minute later. A connection that is older says little of a device that never acks.

        Variant::

            def spares(self, reason, connected_for):
                return False
        """
        return reason == "stuck" and connected_for <= self.returning

    @decision
    def tells_all_the_same(self, reason: str) -> bool:
        """Whether who is given up for this `reason`, and is connected, is hinted that there is something to fetch (P10).

        Who was taken for stuck may ack a moment later, when the digest of its heartbeat is under way without this message:
        then it would come with the next one, up to a minute later. A hint is waited for by nobody.

        Variant::

            def tells_all_the_same(self, reason):
                return False
        """
        return reason == "stuck"

    @decision
    def looks_again(self) -> bool:
        """Whether who had no session is looked up again in each round of pushes, and once before it is left to be notified (P5).

        A registry that starts again has forgotten everybody, and hears of them with their heartbeats. Who comes back to it
        in the rounds that others need would have the message by the digest after next, a minute later.

        Variant::

            def looks_again(self):
                return False
        """
        return True

    @decision
    def settles(self, result: str) -> bool:
        """Whether what is known of a push ends this task's duty towards the device (P4).

        `result` is 'pushed' (it left for the gateway), 'acked' (the device holds it), or 'no connection'. Only the
        device's ack does: a push that was sent may have gone into a dead connection.

        Variant::

            def settles(self, result):
                return result in ("acked", "pushed")
        """
        return result == "acked"

    @decision
    def settled_by(self, device: str, left: Sequence[str]) -> Sequence[str]:
        """Which of the devices that are `left` in a task are done with when `device` is (P4, P6): that one alone.

        Each device has a database of its own: that a message is on a user's laptop says nothing of the phone.

        Variant::

            def settled_by(self, device, left):
                return left
        """
        return (device,)

    @decision
    def notifies(self, message: Message, device: str) -> bool:
        """Whether a device that could not be reached is handed to the notification service (P4, P8).

        Variant::

            def notifies(self, message, device):
                return False
        """
        return True

    @decision
    def wakes(self, message: Message, recipient: Recipient) -> bool:
        """Whether a device that could not be reached is woken, by what the store knows of its user (P8): not for what was read.

        Its user has read the message on another device while the task waited. The sleeping app gets it when it syncs next.

        Variant::

            def wakes(self, message, recipient):
                return True
        """
        return recipient.read < message.seq

    @decision
    def writes_inbox_now(self, message: Message) -> bool:
        """Whether the inbox rows of a message that every recipient shares are written with its task (P11, D9).

        After the pushes: the inbox is for those who come later, and must not hold up those who are there.

        Variant::

            def writes_inbox_now(self, message):
                return False
        """
        fan_out = self.directory.fan_out
        return fan_out.writes_inbox(message.audience) and not fan_out.task_per_recipient(message.audience)

    @decision
    def retry_delay(self, attempt: int, draw: Draw) -> Micros:
        """How long to wait, in µs, before the push number `attempt` + 1; `draw` is uniform over [0, 2**64).

        Exponential from one second, with full jitter, so that a crowd that failed at once doesn't return at once.

        Variant::

            def retry_delay(self, attempt, draw):
                return 0
        """
        return draw * (1_000_000 << attempt - 1) >> 64

    # --- taking tasks ----------------------------------------------------------------------------------------------

    def _poll(self) -> None:
        for queue, polling in self._polling.items():
            if self._free > 0 and not polling:
                self._polling[queue] = True
                self.ask(queue, LeaseRequest(self.name), self.poll_timeout, self._on_lease, queue)

    def _on_lease(self, lease: Lease | Unknown, queue: str) -> None:
        self._polling[queue] = False
        if isinstance(lease, Lease) and lease.message is not None:
            self._free -= 1
            self.spawn(self.deliver(lease.message, lease.token, queue, lease.user))
        self._poll()

    # --- delivering (P4) -------------------------------------------------------------------------------------------

    def deliver(self, message: Message, token: int, queue: str, user: str = "") -> Steps:
        """The delivery path, from top to bottom; each `yield` is a place where the worker may die.

        A task is for every recipient, or for those devices that belong to one `user`.
        """
        yield self.step("leased")
        fan_out = self.directory.fan_out
        if not user and fan_out.task_per_recipient(message.audience):
            finished = yield from self.distribute(message, queue)
        else:
            by = self.reach if fan_out.pushes_body(message.audience) else self.hint
            finished = yield from by(message, user)
        if finished and not user and self.writes_inbox_now(message):
            finished = yield from self.write_inbox(message)
        if finished:
            yield self.step("delivered")
            response = yield self.call(queue, Complete(token, self.name), self.call_timeout)
            if isinstance(response, Unknown):  # once more; after that the lease runs out, and the task comes again
                yield self.call(queue, Complete(token, self.name), self.call_timeout)
        else:
            yield self.call(queue, Release(token, self.name, self.release_delay), self.call_timeout)
        yield self.step("closed")
        self._free += 1
        self._poll()

    def distribute(self, message: Message, queue: str) -> Steps:
        """Fans out on write: an inbox row and a task for each recipient; returns whether all of it is durable."""
        written = yield from self.write_inbox(message)
        if not written:
            return False
        found = yield from self._users(message)
        users = tuple(found or ())
        for start in range(0, len(users), self.batch):
            publish = Publish(message, "fan-out", users[start : start + self.batch])
            published = yield self.call(queue, publish, self.call_timeout)
            if not isinstance(published, Published):
                return False
            yield self.step("distributed")
        return found is not None

    def write_inbox(self, message: Message) -> Steps:
        """Puts the message into the inbox of every recipient, a batch at a time; returns whether all of them are durable."""
        users = yield from self._users(message)
        by_store: dict[str, list[str]] = {}
        for user in users or ():
            by_store.setdefault(self.directory.inbox_for(user), []).append(user)
        for store, some in by_store.items():
            for start in range(0, len(some), self.batch):
                batch = tuple(some[start : start + self.batch])
                hidden = tuple(user for user in batch if users[user])
                its = (message.sender, message.kind, message.subject, hidden)
                write = WriteInbox(message.conversation, message.seq, batch, *its)
                written = yield self.call_store(store, write, self.call_timeout)
                if not isinstance(written, Recorded):
                    return False
                yield self.step("inboxed")
        return users is not None

    def _users(self, message: Message) -> Steps:
        """Who gets the message, in the store's order, and whether they have blocked its sender; None if that is not known."""
        found = yield self.call_store(
            self.directory.store_for(message.conversation),
            ReadRecipients(message.conversation, message.seq),
            self.call_timeout,
        )
        if not isinstance(found, Recipients):
            return None
        return {recipient.user: recipient.blocked for recipient in found.recipients}

    def hint(self, message: Message, user: str = "") -> Steps:
        """Fans out on read: tells every recipient that there is something new; returns whether all know or are handed over."""
        return (yield from self._reach_all(message, user, whole=False))

    def reach(self, message: Message, user: str = "") -> Steps:
        """Pushes the message to every recipient; returns whether all have it or are handed over."""
        return (yield from self._reach_all(message, user, whole=True))

    def _reach_all(self, message: Message, user: str, whole: bool) -> Steps:
        """Settles every recipient, by the `whole` message or a hint; returns whether all are settled or handed over."""
        conversation = message.conversation
        due = yield from self._due(message, user)
        if not due:
            return due is not None
        delivery = _Delivery(message, due, whole)
        number = self._next_delivery
        self._next_delivery += 1
        self._deliveries[number] = delivery
        offline: dict[str, None] = {}
        for attempt in range(1, self.push_attempts + 1):
            yield from self.push(delivery, number, attempt, offline)
            if all(device in offline for device in delivery.left):
                break
            if attempt < self.push_attempts:
                draw = self.draws.u64(_BACKOFF, key(conversation), message.seq, attempt)
                yield self.sleep(self.retry_delay(attempt, draw))
        else:
            delivery.only = tuple(device for device in offline if device in delivery.left)
            if delivery.only and self.looks_again():
                yield from self.push(delivery, number, self.push_attempts, offline)
        del self._deliveries[number]
        return (yield from self._hand_over(message, delivery.left, due))

    def _hand_over(self, message: Message, devices: Iterable[str], due: dict[str, Recipient]) -> Steps:
        """Leaves devices that could not be reached to the notification service; returns whether it took them."""
        asleep = tuple(
            device for device in devices if self.notifies(message, device) and self.wakes(message, due[device])
        )
        if not asleep:
            return True
        counts = tuple((due[device].unread, due[device].read) for device in asleep)
        notify = Notify(asleep, message.conversation, message.sender, message.seq, counts)
        taken = yield self.call(self.directory.notification, notify, self.call_timeout)
        if not isinstance(taken, Done):
            return False
        for device in asleep:
            self.emit(HandedToNotification, device, message.conversation, message.seq)
        return True

    def _due(self, message: Message, user: str) -> Steps:
        """The devices that are to be told, by name; None if that, or that others are given up, could not be settled."""
        conversation = message.conversation
        store = self.directory.store_for(conversation)
        found = yield self.call_store(store, ReadRecipients(conversation, message.seq, user), self.call_timeout)
        if not isinstance(found, Recipients):
            return None
        due: dict[str, Recipient] = {}
        failed: dict[str, list[Recipient]] = {}
        for recipient in self.recipients(message, found.recipients):
            if self.already_delivered(message, recipient):
                self.emit(DeliveryConfirmed, recipient.device, conversation, message.seq, "cursor")
            elif reason := self.abandons(message, recipient):
                failed.setdefault(reason, []).append(recipient)
            else:
                due[recipient.device] = recipient
        for reason, given_up in failed.items():
            devices = [recipient.device for recipient in given_up]
            tells = self.tells_all_the_same(reason)
            connected: tuple[Session, ...] = ()
            if tells or self.spares(reason, 0):
                looked = yield self.call(self.directory.registry, Lookup(tuple(devices)), self.call_timeout)
                if not isinstance(looked, Sessions):
                    return None
                back = {
                    session.device
                    for session in looked.sessions
                    if self.spares(reason, max(0, self.now - session.connected_at))
                }
                due.update((recipient.device, recipient) for recipient in given_up if recipient.device in back)
                devices = [device for device in devices if device not in back]
                if not devices:
                    continue
                connected = tuple(session for session in looked.sessions if session.device not in back)
            ttl = self.time_to_live if reason == "expired" else 0
            record = RecordFailures(conversation, message.seq, tuple(devices), reason, ttl)
            recorded = yield self.call_store(store, record, self.call_timeout)
            if not isinstance(recorded, Recorded):
                return None
            if tells:
                self._tell(message, connected)
        return due

    def _tell(self, message: Message, sessions: Iterable[Session]) -> None:
        """Hints devices that there is something to fetch, and waits for none of them."""
        by_gateway: dict[str, list[str]] = {}
        for session in sessions:
            self.emit(HeadHinted, session.device, message.conversation, message.seq)
            by_gateway.setdefault(session.gateway, []).append(session.device)
        for gateway, devices in by_gateway.items():
            hint = PushHint(message.conversation, message.seq, gateway, tuple(devices), self.name, _NOBODY_WAITS)
            self.cast(gateway, hint)

    def push(self, delivery: _Delivery, number: int, attempt: int, offline: dict[str, None]) -> Steps:
        """One round of pushes, or of hints, to whoever is left and has a session; waits for acks, or the time-out.

        Who has none goes into `offline`. A hint is acked like what it is about, once that has
        been fetched: a session says little of an app that sleeps.
        """
        message = delivery.message
        again = self.looks_again()
        candidates = delivery.only or tuple(device for device in delivery.left if again or device not in offline)
        found = yield self.call(self.directory.registry, Lookup(candidates), self.call_timeout)
        if not isinstance(found, Sessions):
            return
        by_gateway: dict[str, list[str]] = {}
        online = {session.device: session.gateway for session in found.sessions}
        for device in candidates:
            gateway = online.get(device)
            if gateway is None:
                if device not in offline:
                    offline[device] = None
                    self.emit(PushFailed, device, message.conversation, message.seq, "no session")
            else:
                offline.pop(device, None)
                by_gateway.setdefault(gateway, []).append(device)
        if not by_gateway:
            return
        for gateway, devices in by_gateway.items():
            for device in devices:
                if delivery.whole:
                    self.emit(Pushed, device, message.conversation, message.seq, attempt, self.time_to_live)
                else:
                    self.emit(HeadHinted, device, message.conversation, message.seq)
                delivery.waiting[device] = None
            if delivery.whole:
                self.cast(gateway, Push(message, gateway, tuple(devices), self.name, number))
            else:
                self.cast(
                    gateway, PushHint(message.conversation, message.seq, gateway, tuple(devices), self.name, number)
                )
        if self.settles("pushed"):
            for device in list(delivery.waiting):
                self._settle(delivery, device)
        yield self.step("pushed")
        if delivery.waiting:
            delivery.settled = Signal(self.env)
            timer = self.after(self.ack_timeout, self._ack_timeout, delivery)
            yield delivery.settled
            timer.cancel()
        for device in delivery.waiting:
            self.emit(PushFailed, device, message.conversation, message.seq, "no ack")
        delivery.waiting.clear()

    def on_push_result(self, result: PushResult, source: None) -> None:
        delivery = self._deliveries.get(result.delivery)
        if delivery is None or result.device not in delivery.left:
            return
        if self.settles(result.result):
            self.emit(DeliveryConfirmed, result.device, result.conversation, result.seq, result.result)
            self._settle(delivery, result.device)
        else:
            self.emit(PushFailed, result.device, result.conversation, result.seq, result.result)
            delivery.waiting.pop(result.device, None)
        if not delivery.waiting:
            self._wake(delivery)

    def _settle(self, delivery: _Delivery, device: str) -> None:
        for each in tuple(self.settled_by(device, _Names(delivery.left))):
            delivery.left.pop(each, None)
            delivery.waiting.pop(each, None)

    def _ack_timeout(self, delivery: _Delivery) -> None:
        self._wake(delivery)

    def _wake(self, delivery: _Delivery) -> None:
        settled, delivery.settled = delivery.settled, None
        if settled is not None:
            settled.fire()
