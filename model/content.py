"""What a person sends, and the row that it becomes: one value from the outbox to the store, one row for all devices.

A device makes a `Content`. Each request on the way to the store wraps the same value, and adds what its sender knows: the
gateway whose connection it came through, the service the idempotency key. The store gives it a place, as a `Message`.

Requirements: D1.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import replace

from model.sealed import EMPTY, Sealed

_ROW = 32
"""Bytes of a row that are not its ids or its body: seq, times and lengths, at 8 each. An estimate for comparisons."""


class Content(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What is sent under the id `message`. `body`: for devices only; `sent_at`: by the device's clock, µs."""

    conversation: str
    message: str
    body: Sealed = EMPTY
    sent_at: int = 0
    kind: str = ""
    """'' for what a person wrote; join or leave for a change of membership; create for the row that a conversation begins with;
    filler for a seq that was never used."""
    subject: str = ""
    """The user whom a join or leave is about; the title of a conversation that is created."""
    size: int = 0
    """The bytes of the body: what everybody may know of it."""
    payload_ref: str = ""
    """The blob that belongs to it, or ''."""
    payload: str = ""
    """What the body is: '' for text, which every app knows; an app may be too old for another type, say 'poll'."""
    members: tuple[str, ...] = ()
    """The members with whom a conversation is created, its owner first."""
    simpler: bool = False
    """Whether the sender has put a simpler form beside it, as text, for apps that don't know the type."""


def _of_content(name: str) -> Any:
    return property(attrgetter(f"content.{name}"))


class Wrapped:
    """Base of what wraps a content: it answers by the names of the content's fields."""

    __slots__ = ()
    content: Content
    conversation: str = _of_content("conversation")
    message: str = _of_content("message")
    body: Sealed = _of_content("body")
    sent_at: int = _of_content("sent_at")
    kind: str = _of_content("kind")
    subject: str = _of_content("subject")
    size: int = _of_content("size")
    payload_ref: str = _of_content("payload_ref")
    payload: str = _of_content("payload")
    members: tuple[str, ...] = _of_content("members")
    simpler: bool = _of_content("simpler")


class Message(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A message as stored (D1): a content at its place `seq`, with the sender and the device that the gateway vouches for.

    It is flat, so that a variant can change any field of a row by `msgspec.structs.replace`.
    """

    conversation: str
    seq: int
    message: str
    sender: str
    device: str
    body: Sealed = EMPTY
    sent_at: int = 0
    """When it was sent by the sender's clock, µs: it is shown, and nothing goes by it."""
    kind: str = ""
    subject: str = ""
    audience: int = 0
    """How many members there were at this place, the new or leaving one included: what the fan-out goes by."""
    size: int = 0
    payload_ref: str = ""
    payload: str = ""
    members: tuple[str, ...] = ()
    simpler: bool = False
    simplified: bool = False
    """Whether a device is handed the simpler form alone. In no table: a gateway says so of what it sends."""
    stored_at: int = 0
    """When it was committed by the store's clock, µs: every policy of time goes by it. 0 for what is older than the run."""
    hidden_from: tuple[str, ...] = ()
    """The members who had blocked its sender when it was committed: they see nothing of it."""

    def as_told(self, user: str) -> Message:
        """Return the row as a user may have it: who else has blocked its sender is nobody's business."""
        if not self.hidden_from:
            return self
        return replace(self, hidden_from=(user,) if user in self.hidden_from else ())

    @classmethod
    def of(
        cls,
        content: Content,
        *,
        seq: int,
        sender: str,
        device: str,
        audience: int = 0,
        stored_at: int = 0,
        hidden_from: tuple[str, ...] = (),
    ) -> Message:
        """Return the row of a content at its place. The one place where a content is taken apart."""
        return cls(
            conversation=content.conversation,
            seq=seq,
            message=content.message,
            sender=sender,
            device=device,
            body=content.body,
            sent_at=content.sent_at,
            kind=content.kind,
            subject=content.subject,
            audience=audience,
            size=content.size,
            payload_ref=content.payload_ref,
            payload=content.payload,
            members=content.members,
            simpler=content.simpler,
            stored_at=stored_at,
            hidden_from=hidden_from,
        )

    @property
    def bytes(self) -> int:
        """The size of the row: ids, numbers and body."""
        return _ROW + len(self.conversation) + len(self.message) + len(self.sender) + len(self.device) + self.size
