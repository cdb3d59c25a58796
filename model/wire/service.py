"""Requests to the messaging service and to presence, and what these tell gateways and the store.

Requirements: P1, P7, P14.
"""

from __future__ import annotations

from xxhash import xxh3_64_intdigest as digest

from model.content import Content, Wrapped
from model.wire.base import Wire
from model.wire.client import PresenceFrame, Profile, Receipt


class Send(Wrapped, Wire, frozen=True, kw_only=True):
    """A SendMessage with what the gateway knows of its sender."""

    content: Content
    sender: str
    device: str
    attempt: int

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


class DigestRequest(Wire, frozen=True, omit_defaults=True):
    """Asks for the heads of a device's conversations; with `fresh` those of now, and not of a while ago."""

    device: str
    user: str
    fresh: bool = False

    def key(self) -> int:
        return digest(f"DigestRequest {self.device}".encode())


class SyncRead(Wire, frozen=True, omit_defaults=True):
    """A SyncRequest with the user whose device it is."""

    device: str
    user: str
    conversation: str
    after: int
    heard: int
    before: int = 0


class ListRead(Wire, frozen=True):
    """A ListRequest with the user whose device it is."""

    device: str
    user: str
    number: int
    marks: tuple[tuple[str, int], ...]


class PresenceBeat(Wire, frozen=True):
    """A device is connected, by its `epoch`-th connection, and was just heard."""

    user: str
    device: str
    epoch: int

    def key(self) -> int:
        return digest(f"PresenceBeat {self.device}".encode())


class PresenceGone(Wire, frozen=True):
    """A device's `epoch`-th connection is lost, by which the device was heard last `silent` µs ago."""

    user: str
    device: str
    epoch: int
    silent: int

    def key(self) -> int:
        return digest(f"PresenceGone {self.device}".encode())


class WhoIsOnline(Wire, frozen=True):
    """Asks who of these is online, for a device's digest."""

    device: str
    users: tuple[str, ...]

    def key(self) -> int:
        return digest(f"WhoIsOnline {self.device}".encode())


class Online(Wire, frozen=True):
    """Those who are online, as of `as_of` µs by a clock of the presence service that never goes back."""

    users: tuple[str, ...]
    as_of: int


class PresenceNotice(Wire, frozen=True):
    """Some who are watched have come, or gone: what each of these devices of one gateway is told."""

    frames: tuple[PresenceFrame, ...]


class TypingStarted(Wire, frozen=True):
    """A user is typing."""

    user: str
    conversation: str


class TypingNotice(Wire, frozen=True):
    """A user is typing: for these devices of one gateway."""

    conversation: str
    user: str
    devices: tuple[str, ...]


class BlockUpdate(Wire, frozen=True):
    """A Block on its way to the store, with the user whose it is."""

    user: str
    device: str
    blocked: str
    on: bool
    ask: int
    number: int
    installation: int = 1

    @property
    def rank(self) -> tuple[int, str]:
        """Of two wishes about the same user the higher one holds."""
        return (self.number, self.device)

    def key(self) -> int:
        return digest(f"BlockUpdate {self.device} {self.installation} {self.blocked} {self.number}".encode())


class BlockIs(Wire, frozen=True):
    """What a partition has now about the two users: its number, and whether it is what was asked for."""

    number: int
    kept: bool


class ReceiptsMoved(Wire, frozen=True):
    """A store partition tells a messaging service what has moved in small conversations, for each user whom it concerns."""

    told: tuple[tuple[str, Receipt], ...]


class ReceiptNotice(Wire, frozen=True):
    """What has moved, for these devices of one gateway."""

    told: tuple[tuple[str, tuple[Receipt, ...]], ...]


class LastSeen(Wire, frozen=True):
    """The user went offline, and was heard last at `at` µs."""

    user: str
    at: int
