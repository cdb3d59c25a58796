"""What travels: frames between a device and its gateway, and requests and answers between services.

Each payload has a `key`: an integer that says what it *is* (this message to this device), whichever node sends it.
Latency and luck are drawn by it, so that the same delivery fares alike in two runs that differ elsewhere. The default
hashes the whole payload; what travels most says it more cheaply.

Requirements: P1, P4, P5, P7, P8.
"""

from __future__ import annotations

import msgspec
from xxhash import xxh3_64_intdigest as digest

from model.membership import Member

_FORWARDED = digest(b"forwarded")
_encode = msgspec.msgpack.Encoder().encode


class Wire(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Base of all payloads."""

    def key(self) -> int:
        return digest(_encode(self))


_ROW = 32
"""Bytes of a row that are not its ids or its body: seq, times and lengths, at 8 each. An estimate for comparisons."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """A message as stored (D1). `body` is ciphertext to everyone but devices; `sent_at` is the device's clock, µs."""

    conversation: str
    seq: int
    message: str
    sender: str
    device: str
    body: str
    sent_at: int
    kind: str = ""
    """'' for what a person wrote; join or leave for a change of membership; filler for a seq that was never used."""
    subject: str = ""
    """The user whom a join or leave is about."""
    audience: int = 0
    """How many members there were at this place, the new or leaving one included: what the fan-out goes by."""
    size: int = 0
    """The bytes of the body: what everybody may know of it."""
    payload_ref: str = ""
    """The blob that belongs to it, or ''."""
    payload: str = ""
    """What the body is: '' for text, which every app knows; an app may be too old for another type, say 'poll'."""

    @property
    def bytes(self) -> int:
        """The size of the row: ids, numbers and body."""
        return _ROW + len(self.conversation) + len(self.message) + len(self.sender) + len(self.device) + self.size


# --- device to gateway --------------------------------------------------------------------------------------------


class Token(msgspec.Struct, frozen=True, gc=False):
    """What a device shows at the upgrade (P15): who issued it, for whom and for which device, until when (µs).

    `seal` proves that the issuer made it: nobody else can compute it.
    """

    issuer: str
    subject: str
    device: str
    expires: int
    seal: int


class Hello(Wire, frozen=True):
    """Opens a connection, the device's `epoch`-th."""

    device: str
    user: str
    epoch: int
    token: Token

    def key(self) -> int:
        return digest(f"Hello {self.device} {self.epoch}".encode())


class Heartbeat(Wire, frozen=True):
    """The device is there. Asks for a digest of its conversations' heads."""

    device: str

    def key(self) -> int:
        return digest(f"Heartbeat {self.device}".encode())


class SendMessage(Wire, frozen=True):
    """The device wants a message accepted, for the `attempt`-th time."""

    conversation: str
    message: str
    body: str
    sent_at: int
    attempt: int
    kind: str = ""
    subject: str = ""
    size: int = 0
    payload_ref: str = ""
    payload: str = ""

    def key(self) -> int:
        return digest(f"SendMessage {self.message} {self.attempt}".encode())


class Ack(Wire, frozen=True):
    """The device holds all of seq 1..upto, in its `installation`-th installation."""

    device: str
    conversation: str
    upto: int
    installation: int = 1

    def key(self) -> int:
        return digest(f"Ack {self.device} {self.installation} {self.conversation} {self.upto}".encode())


class SyncRequest(Wire, frozen=True):
    """The device asks for what follows `after`; it has heard that there is something up to `heard`."""

    device: str
    conversation: str
    after: int
    heard: int


class ReadMark(Wire, frozen=True):
    """The user has read all of seq 1..upto."""

    device: str
    conversation: str
    upto: int

    def key(self) -> int:
        return digest(f"ReadMark {self.device} {self.conversation} {self.upto}".encode())


class Typing(Wire, frozen=True):
    """The device's user is typing."""

    device: str
    conversation: str


class RegisterToken(Wire, frozen=True):
    """The app's push token; versions only grow. Not `active`: its user logs out, and it is to be forgotten."""

    device: str
    token: str
    version: int
    active: bool = True


class Profile(Wire, frozen=True):
    """What the device is (D7): the version of its app, and the payload types that it knows (`*`: all).

    `epoch` is the connection's number, by which an older telling that comes late is known.
    """

    device: str
    epoch: int
    app_version: str
    capabilities: tuple[str, ...]


class Goodbye(Wire, frozen=True):
    """The device closes its connection on purpose."""

    device: str


# --- gateway to device --------------------------------------------------------------------------------------------


class TypingFrame(Wire, frozen=True):
    """Somebody is typing."""

    device: str
    conversation: str
    user: str


class TokenKept(Wire, frozen=True):
    """The notification service knows the app's token of this version."""

    device: str
    version: int


class Welcome(Wire, frozen=True):
    """The connection is accepted."""

    device: str
    epoch: int


class Refused(Wire, frozen=True):
    """The connection is not accepted: the token is expired, forged, revoked, or somebody else's."""

    device: str
    why: str


class Pong(Wire, frozen=True):
    """The gateway is there."""

    device: str

    def key(self) -> int:
        return digest(f"Pong {self.device}".encode())


class ProfileKept(Wire, frozen=True):
    """The store has the device's profile."""

    device: str


class PushMessage(Wire, frozen=True):
    """A message, pushed to a connected device."""

    device: str
    message: Message

    def key(self) -> int:
        message = self.message
        return digest(f"PushMessage {self.device} {message.conversation} {message.seq}".encode())


class SendResult(Wire, frozen=True):
    """The answer to a SendMessage: accepted as `seq` (0: place not said), or refused for `refused`.

    With `retry_after` (µs) it is neither: too much was sent, and the device is to try again, no sooner than that.
    """

    conversation: str
    message: str
    seq: int
    refused: str = ""
    retry_after: int = 0


class Head(msgspec.Struct, frozen=True, gc=False):
    """A conversation as the store knows it for one device: its highest seq, the device's cursor, the user's read mark.

    The rest are receipts: up to which seq at least one device of the other members has everything, all of them have, and
    all other members have read.
    """

    conversation: str
    head: int
    cursor: int
    read: int
    delivered_to_one: int
    delivered_to_all: int
    read_by_all: int
    installation: int = 1
    """Whose cursor it is: the newest installation of the device that has acked."""


class Digest(Wire, frozen=True):
    """The heads of the device's conversations; one whose store did not answer is missing."""

    device: str
    heads: tuple[Head, ...]
    online: tuple[str, ...] | None = None
    """Who of the user's company is online; None if that could not be learned."""

    def key(self) -> int:
        return digest(f"Digest {self.device}".encode())


class SyncPage(Wire, frozen=True):
    """What follows `after` of what the user may read, in order, at most one page of it.

    `first` is the lowest such seq: what lies between `after` and it was said while the user was no member. `head` is the
    highest.
    """

    device: str
    conversation: str
    after: int
    messages: tuple[Message, ...]
    head: int
    first: int

    def key(self) -> int:
        return digest(f"SyncPage {self.device} {self.conversation} {self.after}".encode())


# --- to the messaging service -------------------------------------------------------------------------------------


class Send(Wire, frozen=True):
    """A SendMessage with what the gateway knows of its sender."""

    conversation: str
    message: str
    sender: str
    device: str
    body: str
    sent_at: int
    attempt: int
    kind: str = ""
    subject: str = ""
    size: int = 0
    payload_ref: str = ""
    payload: str = ""

    def key(self) -> int:
        return digest(f"Send {self.message} {self.attempt}".encode())


class CursorUpdate(Wire, frozen=True):
    """A device's ack on its way to the store: it holds all of seq 1..upto, in its `installation`-th installation."""

    device: str
    conversation: str
    upto: int
    installation: int = 1

    def key(self) -> int:
        return digest(f"CursorUpdate {self.device} {self.installation} {self.conversation} {self.upto}".encode())


class ReadUpdate(Wire, frozen=True):
    """A read mark on its way to the store, with the user whose it is."""

    user: str
    conversation: str
    upto: int

    def key(self) -> int:
        return digest(f"ReadUpdate {self.user} {self.conversation} {self.upto}".encode())


class ProfileUpdate(Wire, frozen=True):
    """A device's profile on its way to the store."""

    profile: Profile


class DigestRequest(Wire, frozen=True):
    """Asks for the heads of a device's conversations."""

    device: str
    user: str

    def key(self) -> int:
        return digest(f"DigestRequest {self.device}".encode())


class SyncRead(Wire, frozen=True):
    """A SyncRequest with the user whose device it is."""

    device: str
    user: str
    conversation: str
    after: int
    heard: int


# --- presence ---------------------------------------------------------------------------------------------------------


class PresenceBeat(Wire, frozen=True):
    """A device is connected and was just heard."""

    user: str
    device: str

    def key(self) -> int:
        return digest(f"PresenceBeat {self.device}".encode())


class PresenceGone(Wire, frozen=True):
    """A device's connection is lost."""

    user: str
    device: str

    def key(self) -> int:
        return digest(f"PresenceGone {self.device}".encode())


class WhoIsOnline(Wire, frozen=True):
    """Asks who of these is online, for a device's digest."""

    device: str
    users: tuple[str, ...]

    def key(self) -> int:
        return digest(f"WhoIsOnline {self.device}".encode())


class Online(Wire, frozen=True):
    """Those who are online."""

    users: tuple[str, ...]


class TypingStarted(Wire, frozen=True):
    """A user is typing."""

    user: str
    conversation: str


class TypingNotice(Wire, frozen=True):
    """A user is typing: for these devices of one gateway."""

    conversation: str
    user: str
    devices: tuple[str, ...]


class LastSeen(Wire, frozen=True):
    """The user went offline; seen last at `at` µs."""

    user: str
    at: int


# --- to the store -------------------------------------------------------------------------------------------------


class Append(Wire, frozen=True):
    """One transaction: message row, dedupe row (unless `dedupe_key` is empty) and outbox row.

    `seq` is the wanted place, or 0 for the next one; `epoch` is the sequencer's fencing epoch (0: none).
    """

    conversation: str
    message: str
    sender: str
    device: str
    body: str
    sent_at: int
    dedupe_key: tuple[str, ...]
    retention: int
    seq: int
    epoch: int
    members_only: bool
    kind: str = ""
    subject: str = ""
    size: int = 0
    payload_ref: str = ""
    payload: str = ""

    def key(self) -> int:
        return digest(f"Append {self.conversation} {self.message} {self.seq} {self.epoch}".encode())


class Appended(Wire, frozen=True):
    """The message is durable as `seq`: by this transaction, or (`duplicate`) by an earlier one with the same key."""

    seq: int
    duplicate: bool
    published: bool
    audience: int = 0


class AppendRefused(Wire, frozen=True):
    """Nothing was written; `why`: conflict (the place is taken or not the next), early (places before it are still
    empty), fenced (a newer epoch owns the shard), or, `final`, that the sender may not do this (say not a member)."""

    why: str
    head: int
    final: bool = False


class MarkPublished(Wire, frozen=True):
    """The outbox row's delivery task is in the queue."""

    conversation: str
    seq: int


class Unpublished(Wire, frozen=True):
    """Asks for at most `limit` outbox rows that were written at least `age` µs ago and are not published."""

    age: int
    limit: int


class OutboxRows(Wire, frozen=True):
    """Unpublished messages, oldest first within a conversation."""

    messages: tuple[Message, ...]


class ReadPage(Wire, frozen=True):
    """Asks for at most `limit` rows that follow `after`, of those that the user may read.

    An answer that is older than `heard` is none: the reader knows that there is more.
    """

    conversation: str
    user: str
    after: int
    limit: int
    heard: int


class Page(Wire, frozen=True):
    """Rows in order of seq; the lowest seq after the asked one, and the highest, that the user may read."""

    messages: tuple[Message, ...]
    first: int
    head: int


class NoPage(Wire, frozen=True):
    """The cache can't say."""


class ReadSegment(Wire, frozen=True):
    """The cache asks for the last `rows` rows of a conversation, and who may read what of them."""

    conversation: str
    rows: int


class Segment(Wire, frozen=True):
    """The newest rows of a conversation, in order, up to its head, and the members at that place (by user)."""

    conversation: str
    rows: tuple[Message, ...]
    head: int
    members: dict[str, Member]

    def key(self) -> int:
        return digest(f"Segment {self.conversation} {self.head}".encode())

    def readable(self, user: str, after: int) -> tuple[int, int]:
        """The first and the last seq after `after` that a user may read in one go; (after + 1, 0) is nothing."""
        member = self.members.get(user)
        if member is None:
            return after + 1, 0
        first, last = member.next_span(after)
        return first, min(last, self.head)

    def head_for(self, user: str) -> int:
        """The highest seq that a user may read."""
        member = self.members.get(user)
        return member.head(self.head) if member else 0


class WriteInbox(Wire, frozen=True):
    """Asks for an inbox row (D9) of a message for each of these users."""

    conversation: str
    seq: int
    users: tuple[str, ...]

    def key(self) -> int:
        return digest(f"WriteInbox {self.conversation} {self.seq} {self.users[:1]}".encode())


class ReadHeads(Wire, frozen=True):
    """Asks a store partition for the heads of the user's conversations."""

    device: str
    user: str

    def key(self) -> int:
        return digest(f"ReadHeads {self.device}".encode())


class Heads(Wire, frozen=True):
    """What a store partition knows of a device's conversations, and what the user's inbox lists, if it is there.

    The heads are without what is listed in inboxes; `logs` has, in the same order, up to where the user may read.
    """

    heads: tuple[Head, ...]
    logs: tuple[int, ...]
    inbox: tuple[tuple[str, int], ...] = ()


class ReadRecipients(Wire, frozen=True):
    """Asks for the devices of those who were members at `seq` (0: who are now), with their stored cursors.

    With a `user`, for that user's only.
    """

    conversation: str
    seq: int
    user: str = ""


class Sweep(Wire, frozen=True):
    """A store partition reports stuck devices: conversation, device, and the cursor that it had."""

    found: tuple[tuple[str, str, int], ...]


class RecordFailures(Wire, frozen=True):
    """Delivery to these devices is given up for `reason`: a row each in the failures table (D10)."""

    conversation: str
    seq: int
    devices: tuple[str, ...]
    reason: str


class Recorded(Wire, frozen=True):
    """The rows are durable."""


class Recipient(msgspec.Struct, frozen=True, gc=False):
    """A device of a member, its stored cursor, and whether it is reported as stuck."""

    device: str
    user: str
    cursor: int
    stuck: bool = False


class Recipients(Wire, frozen=True):
    """All devices of all members, at the asked seq."""

    recipients: tuple[Recipient, ...]


class ReadHead(Wire, frozen=True):
    """Asks for the highest seq of a conversation."""

    conversation: str


class HeadIs(Wire, frozen=True):
    """The highest seq of a conversation."""

    head: int


class AcquireLease(Wire, frozen=True):
    """A sequencer wants to own this store partition's conversations for `ttl` µs, as `owner`."""

    owner: str
    ttl: int


class LeaseIs(Wire, frozen=True):
    """Who owns the partition, under which fencing epoch, for `left` µs from now on."""

    owner: str
    epoch: int
    left: int


class Allocate(Wire, frozen=True):
    """Asks a sequencer for the next place in a conversation, for this message's `attempt`-th try."""

    conversation: str
    message: str
    attempt: int


class Allocated(Wire, frozen=True):
    """A place; `seq` 0: this sequencer doesn't own the conversation now."""

    seq: int
    epoch: int


class PlaceUsed(Wire, frozen=True):
    """Tells the sequencer that a place it gave out has its row."""

    conversation: str
    seq: int


# --- between the replicas of a store partition, and from them to those who ask -------------------------------------


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A write in the log of a store partition: its leader's term, and its time `at` (µs). No write opens a term."""

    term: int
    at: int
    write: Wire | None


class Replicate(Wire, frozen=True):
    """A leader's message to a follower: entries that follow the one at `before`, and up to where all is committed.

    `number` counts the leader's messages of its term. No entries: it only shows that the leader is there.
    """

    term: int
    leader: str
    to: str
    number: int
    before: int
    before_term: int
    entries: tuple[Entry, ...]
    committed: int

    def key(self) -> int:
        return digest(f"Replicate {self.to} {self.term} {self.before} {len(self.entries)}".encode())


class Replicated(Wire, frozen=True):
    """A follower's answer to message `number`: it holds the leader's log up to `upto`; or (not `taken`) try after that.

    Number 0 answers a leader of an earlier term.
    """

    term: int
    follower: str
    number: int
    upto: int
    taken: bool

    def key(self) -> int:
        return digest(f"Replicated {self.follower} {self.term} {self.upto}".encode())


class RequestVote(Wire, frozen=True):
    """A candidate asks a replica for its vote; its log has `length` entries, the last one of `last_term`."""

    term: int
    candidate: str
    to: str
    length: int
    last_term: int


class Vote(Wire, frozen=True):
    """A replica's answer to a candidate."""

    term: int
    voter: str
    candidate: str
    granted: bool


class Forwarded(Wire, frozen=True):
    """A write without a caller, which came to a follower, on its way to the leader."""

    write: Wire

    def key(self) -> int:
        return self.write.key() ^ _FORWARDED


class NotLeader(Wire, frozen=True):
    """Nothing was done: this replica doesn't lead; `leader` does, as far as it knows ('': nobody)."""

    leader: str


# --- to the queue -------------------------------------------------------------------------------------------------


class Publish(Wire, frozen=True):
    """Asks for a delivery task, or for one for each of `users`; `by`: service, duplicate, relay or fan-out."""

    message: Message
    by: str
    users: tuple[str, ...] = ()

    def key(self) -> int:
        return digest(f"Publish {self.message.conversation} {self.message.seq} {self.users[:1]}".encode())


class Published(Wire, frozen=True):
    """The task is durable."""


class LeaseRequest(Wire, frozen=True):
    """A worker asks for a task; the broker answers when there is one."""

    worker: str

    def key(self) -> int:
        return digest(f"LeaseRequest {self.worker}".encode())


class Lease(Wire, frozen=True):
    """A task, leased to a worker; `attempt` counts its leases. No task came in time if `message` is None."""

    message: Message | None
    token: int
    attempt: int
    user: str = ""
    """For whom the task is; '' for every recipient."""


class Complete(Wire, frozen=True):
    """The task of this lease is done."""

    token: int
    worker: str


class Release(Wire, frozen=True):
    """The worker gives the task back, to be leased again no sooner than in `delay` µs."""

    token: int
    worker: str
    delay: int


class DeadLetter(Wire, frozen=True):
    """The queue has given a message's task up (of one `user`, or of all recipients): whoever is told of it by that task
    alone must be told otherwise."""

    conversation: str
    seq: int
    user: str


class Done(Wire, frozen=True):
    """It is done."""


# --- delivery -----------------------------------------------------------------------------------------------------


class Lookup(Wire, frozen=True):
    """Asks the session registry where these devices are connected."""

    devices: tuple[str, ...]


class Session(msgspec.Struct, frozen=True, gc=False):
    """Where a device is connected."""

    device: str
    gateway: str
    epoch: int


class Sessions(Wire, frozen=True):
    """Those of the asked devices that are connected."""

    sessions: tuple[Session, ...]


class Register(Wire, frozen=True):
    """A device is connected to this gateway, by its `epoch`-th connection."""

    device: str
    gateway: str
    epoch: int

    def key(self) -> int:
        return digest(f"Register {self.device}".encode())


class Unregister(Wire, frozen=True):
    """That connection is gone."""

    device: str
    gateway: str
    epoch: int

    def key(self) -> int:
        return digest(f"Unregister {self.device}".encode())


class Push(Wire, frozen=True):
    """A worker wants a message pushed to these devices of one gateway; `delivery` tells its answers apart."""

    message: Message
    gateway: str
    devices: tuple[str, ...]
    worker: str
    delivery: int

    def key(self) -> int:
        """By gateway and not by devices: who else is connected there must not change a device's luck."""
        return digest(f"Push {self.message.conversation} {self.message.seq} {self.gateway}".encode())


class PushHint(Wire, frozen=True):
    """A worker wants these devices of one gateway told that a conversation has something new."""

    conversation: str
    seq: int
    gateway: str
    devices: tuple[str, ...]

    def key(self) -> int:
        return digest(f"PushHint {self.conversation} {self.seq} {self.gateway}".encode())


class HeadHint(Wire, frozen=True):
    """Tells a device that a conversation has something new, up to `head`."""

    device: str
    conversation: str
    head: int

    def key(self) -> int:
        return digest(f"HeadHint {self.device} {self.conversation} {self.head}".encode())


class PushResult(Wire, frozen=True):
    """What became of a push to one device: acked, or no connection."""

    device: str
    conversation: str
    seq: int
    result: str
    delivery: int

    def key(self) -> int:
        return digest(f"PushResult {self.device} {self.conversation} {self.seq}".encode())


class Notify(Wire, frozen=True):
    """Asks that these devices be woken for a conversation. No body: push is a hint."""

    devices: tuple[str, ...]
    conversation: str
    sender: str
    seq: int


class TokenUpdate(Wire, frozen=True):
    """A RegisterToken with the user whose connection it came through."""

    device: str
    user: str
    token: str
    version: int
    active: bool

    def key(self) -> int:
        return digest(f"TokenUpdate {self.device} {self.version} {self.active}".encode())


class TokenStored(Wire, frozen=True):
    """It is durable, or older than what is."""

    device: str
    version: int


class Notification(Wire, frozen=True):
    """What the push provider carries to a token: conversation, sender, and for whose device; never the body (P8).

    `seq` is up to where there is something new; 0 if it does not say.
    """

    device: str
    user: str
    conversation: str
    sender: str
    token: str
    seq: int = 0

    def key(self) -> int:
        return digest(f"Notification {self.device} {self.conversation}".encode())


class PushAnswer(Wire, frozen=True):
    """The provider's answer: taken, invalid (there is no such token), disabled (by the user), or throttled.

    Throttled: too much was sent to this token; try again in `retry_after` µs.
    """

    result: str
    retry_after: int = 0


# --- attachments ------------------------------------------------------------------------------------------------------


class PutBlob(Wire, frozen=True):
    """A device uploads a blob of `size` bytes under a ref. What is in it is nobody else's business, and not modelled."""

    ref: str
    device: str
    size: int

    def key(self) -> int:
        return digest(f"PutBlob {self.ref}".encode())


class BlobKept(Wire, frozen=True):
    """The blob is durable, by this upload or an earlier one."""

    ref: str


class GetBlob(Wire, frozen=True):
    """A device wants the blob."""

    ref: str
    device: str

    def key(self) -> int:
        return digest(f"GetBlob {self.ref} {self.device}".encode())


class BlobIs(Wire, frozen=True):
    """The blob, of which the model keeps the size; None: there is no such blob."""

    ref: str
    size: int | None


KINDS: dict[str, type[Wire]] = {kind.__name__: kind for kind in Wire.__subclasses__()}
"""Every payload by name: what a network fault can be aimed at."""

ROUTES: dict[type[Wire], tuple[str, str]] = {
    Hello: ("device", "gateway"),
    Heartbeat: ("device", "gateway"),
    SendMessage: ("device", "gateway"),
    Ack: ("device", "gateway"),
    SyncRequest: ("device", "gateway"),
    ReadMark: ("device", "gateway"),
    Typing: ("device", "gateway"),
    TypingFrame: ("gateway", "device"),
    PresenceBeat: ("gateway", "presence"),
    PresenceGone: ("gateway", "presence"),
    WhoIsOnline: ("service", "presence"),
    Online: ("presence", "service"),
    TypingStarted: ("gateway", "presence"),
    TypingNotice: ("presence", "gateway"),
    LastSeen: ("presence", "store"),
    Profile: ("device", "gateway"),
    ProfileUpdate: ("gateway", "service"),
    ProfileKept: ("gateway", "device"),
    Goodbye: ("device", "gateway"),
    Welcome: ("gateway", "device"),
    Refused: ("gateway", "device"),
    Pong: ("gateway", "device"),
    PushMessage: ("gateway", "device"),
    SendResult: ("gateway", "device"),
    Digest: ("gateway", "device"),
    SyncPage: ("gateway", "device"),
    Send: ("gateway", "service"),
    CursorUpdate: ("gateway", "service"),
    ReadUpdate: ("gateway", "service"),
    DigestRequest: ("gateway", "service"),
    SyncRead: ("gateway", "service"),
    Append: ("service", "store"),
    Appended: ("store", "service"),
    AppendRefused: ("store", "service"),
    MarkPublished: ("service", "store"),
    Unpublished: ("relay", "store"),
    OutboxRows: ("store", "relay"),
    ReadPage: ("service", "store"),
    Page: ("store", "service"),
    ReadHeads: ("service", "store"),
    Heads: ("store", "service"),
    ReadHead: ("service", "store"),
    HeadIs: ("store", "service"),
    AcquireLease: ("shard", "store"),
    LeaseIs: ("store", "shard"),
    Allocate: ("service", "shard"),
    Allocated: ("shard", "service"),
    PlaceUsed: ("service", "shard"),
    ReadRecipients: ("worker", "store"),
    Recipients: ("store", "worker"),
    RecordFailures: ("worker", "store"),
    Recorded: ("store", "worker"),
    Replicate: ("store", "store"),
    Replicated: ("store", "store"),
    RequestVote: ("store", "store"),
    Vote: ("store", "store"),
    Forwarded: ("store", "store"),
    Sweep: ("store", "store"),
    NotLeader: ("store", "service"),
    Publish: ("service", "queue"),
    Published: ("queue", "service"),
    LeaseRequest: ("worker", "queue"),
    Lease: ("queue", "worker"),
    Complete: ("worker", "queue"),
    Release: ("worker", "queue"),
    DeadLetter: ("queue", "store"),
    Done: ("queue", "worker"),
    Lookup: ("worker", "registry"),
    Sessions: ("registry", "worker"),
    Register: ("gateway", "registry"),
    Unregister: ("gateway", "registry"),
    PushHint: ("worker", "gateway"),
    HeadHint: ("gateway", "device"),
    WriteInbox: ("worker", "store"),
    ReadSegment: ("cache", "store"),
    Segment: ("store", "cache"),
    NoPage: ("cache", "service"),
    Push: ("worker", "gateway"),
    PushResult: ("gateway", "worker"),
    Notify: ("worker", "notification"),
    RegisterToken: ("device", "gateway"),
    TokenKept: ("gateway", "device"),
    TokenUpdate: ("gateway", "notification"),
    TokenStored: ("notification", "gateway"),
    Notification: ("notification", "provider"),
    PushAnswer: ("provider", "notification"),
    PutBlob: ("device", "objects"),
    BlobKept: ("objects", "device"),
    GetBlob: ("device", "objects"),
    BlobIs: ("objects", "device"),
}
"""Between which kinds of node a payload travels (mostly: a CursorUpdate goes on from the service to the store)."""
