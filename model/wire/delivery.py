"""Tasks of the delivery queue, sessions of the registry, pushes to devices, and hints to the push provider.

Requirements: P3, P4, P8.
"""

from __future__ import annotations

import msgspec
from xxhash import xxh3_64_intdigest as digest

from model.content import Message
from model.wire.base import Wire
from sim.state import Marks

_PAYLOAD = 160
"""Bytes of a push payload that are neither names nor ids: its keys, the fixed text, the numbers. An estimate."""


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

    marks = Marks(aside="token")

    message: Message | None
    token: int
    attempt: int
    user: str = ""
    """For whom the task is; '' for every recipient."""


class Complete(Wire, frozen=True):
    """The task of this lease is done."""

    marks = Marks(aside="token")

    token: int
    worker: str


class Release(Wire, frozen=True):
    """The worker gives the task back, to be leased again no sooner than in `delay` µs."""

    marks = Marks(aside="token")

    token: int
    worker: str
    delay: int


class Done(Wire, frozen=True):
    """It is done."""


class Lookup(Wire, frozen=True):
    """Asks the session registry where these devices are connected."""

    devices: tuple[str, ...]


class Session(msgspec.Struct, frozen=True, gc=False):
    """A device's row of the session table (D4): whose it is, where it is connected, and since when, by its gateway's clock (µs).

    `epoch` counts the device's connections.
    """

    marks = Marks(aside="connected_at")

    device: str
    gateway: str
    epoch: int
    user: str = ""
    connected_at: int = 0


class Sessions(Wire, frozen=True):
    """Those of the asked devices that are connected."""

    sessions: tuple[Session, ...]

    def by_gateway(self) -> dict[str, list[str]]:
        """Return the devices, by the gateway that they are connected to."""
        found: dict[str, list[str]] = {}
        for session in self.sessions:
            found.setdefault(session.gateway, []).append(session.device)
        return found


class Register(Wire, frozen=True):
    """A device of `user` is connected to this gateway since `connected_at` µs, by its `epoch`-th connection."""

    marks = Marks(aside="connected_at")

    device: str
    gateway: str
    epoch: int
    user: str = ""
    connected_at: int = 0

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

    marks = Marks(aside="delivery")

    message: Message
    gateway: str
    devices: tuple[str, ...]
    worker: str
    delivery: int

    def key(self) -> int:
        """By gateway and not by devices: who else is connected there must not change a device's luck."""
        return digest(f"Push {self.message.conversation} {self.message.seq} {self.gateway}".encode())


class PushHint(Wire, frozen=True):
    """A worker wants these devices of one gateway told that a conversation has something new, and to hear who acks it."""

    marks = Marks(aside="delivery")

    conversation: str
    seq: int
    gateway: str
    devices: tuple[str, ...]
    worker: str
    delivery: int

    def key(self) -> int:
        return digest(f"PushHint {self.conversation} {self.seq} {self.gateway}".encode())


class PushResult(Wire, frozen=True):
    """What became of a push to one device: acked, or no connection."""

    marks = Marks(aside="delivery")

    device: str
    conversation: str
    seq: int
    result: str
    delivery: int

    def key(self) -> int:
        return digest(f"PushResult {self.device} {self.conversation} {self.seq}".encode())


class Notify(Wire, frozen=True):
    """Asks that these devices be woken for a conversation. No body: push is a hint.

    `counts` has for each of them how many messages its user had not read, up to `seq`, and the read mark that the store
    counted them from; it is empty if nobody counted.
    """

    devices: tuple[str, ...]
    conversation: str
    sender: str
    seq: int
    counts: tuple[tuple[int, int], ...] = ()


class TokenUpdate(Wire, frozen=True):
    """A RegisterToken with the user whose connection it came through."""

    device: str
    user: str
    token: str
    version: int
    active: bool
    platform: str = "fcm"

    def key(self) -> int:
        return digest(f"TokenUpdate {self.device} {self.version} {self.active}".encode())


class TokenStored(Wire, frozen=True):
    """It is durable, or older than what is."""

    device: str
    version: int


class Notification(Wire, frozen=True):
    """What the push provider carries to a token: conversation, sender, and for whose device; never the body (P8).

    `seq` is up to where there is something new; 0 if it does not say. `badge` is how many messages are unread; -1 if it
    does not say. `name_bytes` is how much of the sender's display name it carries.
    """

    device: str
    user: str
    conversation: str
    sender: str
    token: str
    seq: int = 0
    badge: int = -1
    name_bytes: int = 0
    platform: str = "fcm"

    def key(self) -> int:
        return digest(f"Notification {self.device} {self.conversation}".encode())

    @property
    def bytes(self) -> int:
        """The size of the payload. The conversation is there twice: to open it, and as the collapse key."""
        return _PAYLOAD + 2 * len(self.conversation) + self.name_bytes


class PushAnswer(Wire, frozen=True):
    """The provider's answer: taken, invalid (there is no such token), disabled (by the user), too large, or throttled.

    Throttled: too much was sent to this token; try again in `retry_after` µs.
    """

    result: str
    retry_after: int = 0
