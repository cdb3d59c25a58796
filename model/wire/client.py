"""Frames between a device and its gateway, and between a device and the object store.

Requirements: P1, P4, P5, P7, P8, P15.
"""

from __future__ import annotations

import msgspec
from xxhash import xxh3_64_intdigest as digest

from model.content import Content, Message, Wrapped
from model.wire.base import Wire


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


class SendMessage(Wrapped, Wire, frozen=True, kw_only=True):
    """The device wants a message accepted, for the `attempt`-th time."""

    content: Content
    attempt: int

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


class SyncRequest(Wire, frozen=True, omit_defaults=True):
    """The device asks for what follows `after`; it has heard that there is something up to `heard`.

    Or, with `before`, for the page that ends right below it.
    """

    device: str
    conversation: str
    after: int
    heard: int
    before: int = 0


class Resume(Wire, frozen=True):
    """The device is back, and says after which seq each of its conversations is to go on, and up to where it has heard of it.

    `cursors`: conversation, that seq, and up to where.
    """

    device: str
    cursors: tuple[tuple[str, int, int], ...]

    def key(self) -> int:
        return digest(f"Resume {self.device}".encode())


class ListRequest(Wire, frozen=True):
    """The device asks for the list of its user's conversations. `marks`: up to where it holds each of them to be read."""

    device: str
    number: int
    marks: tuple[tuple[str, int], ...]


class Listed(msgspec.Struct, frozen=True, gc=False):
    """A conversation in the list: its newest seq, and how many messages up to there are unread, above the mark `read`."""

    conversation: str
    newest: int
    unread: int
    read: int


class ConversationList(Wire, frozen=True):
    """The list that was asked for under `number`."""

    device: str
    number: int
    entries: tuple[Listed, ...]

    def key(self) -> int:
        return digest(f"ConversationList {self.device} {self.number}".encode())


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
    """The app's push token, of a `platform`; versions only grow. Not `active`: its user logs out, and it is to be forgotten."""

    device: str
    token: str
    version: int
    active: bool = True
    platform: str = "fcm"


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


class TypingFrame(Wire, frozen=True):
    """Somebody is typing."""

    device: str
    conversation: str
    user: str


class Sighting(msgspec.Struct, frozen=True, gc=False):
    """Whether a user is online, and else when the user was seen last (µs; 0: not known)."""

    user: str
    online: bool
    seen: int


class PresenceFrame(Wire, frozen=True):
    """Some of a device's company have come, or gone, as of `as_of` µs by the presence service's own count."""

    device: str
    sightings: tuple[Sighting, ...]
    as_of: int

    def key(self) -> int:
        return digest(f"PresenceFrame {self.device}".encode())


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
    """The store has the device's profile: these are the payload types that it knows, for the gateway on the way."""

    device: str
    capabilities: tuple[str, ...] = ("*",)


class PushMessage(Wire, frozen=True):
    """A message, pushed to a connected device."""

    device: str
    message: Message

    def key(self) -> int:
        message = self.message
        return digest(f"PushMessage {self.device} {message.conversation} {message.seq}".encode())


class SendResult(Wire, frozen=True):
    """The answer to a SendMessage: accepted as `seq` (0: place not said), or refused for `refused`.

    With `retry_after` (µs) it is neither: too much was sent, and the device is to try again, no sooner than that. `stored_at` is
    the time of the message's row, µs by the store's clock.
    """

    conversation: str
    message: str
    seq: int
    refused: str = ""
    retry_after: int = 0
    stored_at: int = 0

    def key(self) -> int:
        return digest(f"SendResult {self.message} {self.seq} {self.refused} {self.retry_after}".encode())


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
    read_by: tuple[tuple[str, int], ...] = ()
    """In a small conversation: up to which seq each other member has read."""
    counts: tuple[int, int, int] = (0, 0, 0)
    """In a large one: the seq of the user's newest message, how many others have it, and how many have read it."""


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """What has moved in a conversation, as one of its members is told at once: the own read mark, and the receipts."""

    conversation: str
    read: int
    delivered_to_one: int
    delivered_to_all: int
    read_by_all: int
    read_by: tuple[tuple[str, int], ...]
    counts: tuple[int, int, int] = (0, 0, 0)


class Block(Wire, frozen=True):
    """A device's user blocks another one, or no longer if it is not `on`: the `ask`-th wish of its
    `installation`-th installation, under a `number`."""

    device: str
    blocked: str
    on: bool
    ask: int
    number: int
    installation: int = 1


class BlockKept(Wire, frozen=True):
    """What store partitions have now, of a Block that they were told.

    `kept`: each that answered has it; `newest`: the highest number that any has; `alike`: all have the same; `everywhere`: all
    partitions have answered.
    """

    device: str
    blocked: str
    number: int
    newest: int
    kept: bool
    alike: bool
    everywhere: bool


class LiveReceipts(Wire, frozen=True):
    """Receipts and read marks that have just moved, for a connected device: all that one gathering has for it."""

    device: str
    receipts: tuple[Receipt, ...]


class Digest(Wire, frozen=True):
    """The heads of the device's conversations; one whose store did not answer is missing."""

    device: str
    heads: tuple[Head, ...]
    online: tuple[str, ...] | None = None
    """Who of the user's company is online; None if that could not be learned."""
    as_of: int = 0
    """As of when, in µs by the presence service's own count."""
    seen: tuple[tuple[str, int], ...] = ()
    """Who of the company was seen last when (µs), as the store has it."""

    def key(self) -> int:
        return digest(f"Digest {self.device}".encode())


class SyncPage(Wire, frozen=True):
    """What follows `after` of what the user may read, in order, at most one page of it.

    `first` is the lowest such seq: what lies between `after` and it was said while the user was no member. `head` is the
    highest. With `before` it is the page that ends right below that.
    """

    device: str
    conversation: str
    after: int
    messages: tuple[Message, ...]
    head: int
    first: int
    before: int = 0

    def key(self) -> int:
        where = f"<{self.before}" if self.before else f"{self.after}"
        return digest(f"SyncPage {self.device} {self.conversation} {where}".encode())


class HeadHint(Wire, frozen=True):
    """Tells a device that a conversation has something new, up to `head`."""

    device: str
    conversation: str
    head: int

    def key(self) -> int:
        return digest(f"HeadHint {self.device} {self.conversation} {self.head}".encode())


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
