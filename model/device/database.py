"""What a device keeps, and what its layers share: the local database and the connection (C1).

A device is built in layers, each a class over the one before; this is the lowest. `docs/device.md` lists them, as the
classes say it. A variant overrides the decisions of all of them on `Device`.

Durable: the local database and the outbox in it. Volatile: connection, timers and the gap buffer.

Requirements: C1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from msgspec.structs import replace

from model.component import Component
from model.content import Content, Message, Wrapped
from model.directory import DeviceEntry, Directory
from model.sealed import Opener, fingerprint, opened
from model.wire.base import Wire
from sim.network import Connection, Network
from sim.node import Timer
from sim.state import Marks


@dataclass(slots=True)
class OutboxEntry(Wrapped):
    """A message that a person sent and that is not answered yet (durable): its name `send`, and `attempts` so far.

    Its content's `message` is the name; a try may go out under another id (`Outbox.message_id`).
    """

    marks = Marks(aside="number")

    send: str
    number: int
    content: Content
    attempts: int = 0
    attachment: int = 0
    """How many bytes it has beside the text; 0: no attachment."""
    uploads: int = 0
    uploaded: bool = False

    def sent_as(self, message: str) -> Content:
        """Return the content as a try under this id sends it."""
        return self.content if message == self.send else replace(self.content, message=message)

    @property
    def type(self) -> str:
        """The payload type, by the name that a plan gives it."""
        return self.payload


@dataclass(slots=True)
class LocalConversation:
    """A conversation in the local database (durable): rows by seq, ids, the delivered cursor, and what was shown.

    `confirmed` is the cursor that the store had when a digest told last. `since` is the seq of the row that made the user a
    member (0: from the start); `left` tells that another ended it.
    """

    rows: dict[int, Message] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    cursor: int = 0
    confirmed: int = 0
    shown: int = 0
    read: int = 0
    unread: int = 0
    since: int = 0
    left: bool = False
    placeholders: dict[int, None] = field(default_factory=dict)
    """The seqs that are shown as placeholders."""
    outbox: dict[str, OutboxEntry] = field(default_factory=dict)
    window: dict[int, Message] = field(default_factory=dict)
    """Rows by seq that were fetched backwards, from the newest on: above a gap, and so above the cursor."""


class Transaction(NamedTuple):
    """What is written to the local database at once: rows, and the cursor (None: as it was)."""

    rows: Sequence[Message]
    cursor: int | None


class Backup(NamedTuple):
    """A copy of the local database, as it was at `taken` µs (P23). `sends`: how many sends the installation had counted."""

    taken: int
    conversations: dict[str, LocalConversation]
    sends: int


@dataclass(slots=True)
class Reception:
    """Volatile: what is under way in one conversation. The gap buffer holds (message, via) by seq."""

    buffer: dict[int, tuple[Message, str]] = field(default_factory=dict)
    gap: bool = False
    heard: int = 0
    """The highest seq that the device has heard of."""
    syncing: Timer | None = None
    asked: int = 0
    """Where the cursor was when a page was asked for."""
    hinted: bool = False
    """Whether a hint came while a page was on its way, which may lack what the hint is about."""


class Database(Component, Opener):
    """The state of a device, and its connection."""

    kind: ClassVar[str] = "device"
    marks = Marks(
        durable="user installation app_version capabilities database",
        volatile="connection connected last_heard receptions",
        aside="entry",
    )

    def __init__(self, network: Network, name: str, directory: Directory, entry: DeviceEntry) -> None:
        self.entry = entry
        self.user = entry.user
        super().__init__(network, name, entry.region, directory)

    def install(self) -> None:
        self.installation = 1
        self.app_version = self.entry.app_version
        self.capabilities = self.entry.capabilities
        self.database: dict[str, LocalConversation] = {}
        for entry in self.directory.conversations.values():
            if entry.head and self.user in entry.members:
                past = self.directory.past(entry)
                self.database[entry.conversation] = LocalConversation(
                    rows={message.seq: message for message in past},
                    ids={message.message: message.seq for message in past},
                    cursor=entry.head,
                    confirmed=entry.head,
                    shown=entry.head,
                    read=entry.head,
                )

    def erase(self) -> None:
        """Everything durable is gone, as after a wipe: each layer loses its own."""
        self.database = {}

    def boot(self) -> None:
        self.connection: Connection | None = None
        self.connected = False
        self.last_heard = self.now
        self.receptions: dict[str, Reception] = {}

    def connected_now(self) -> None:
        """The device has just got a working connection: each layer starts what needs one."""

    def disconnected_now(self) -> None:
        """The device has just lost or given up its connection: each layer ends what needs one."""

    def transmit(self, frame: Wire) -> bool:
        """Hands a frame to the connection; returns whether there is one."""
        if self.connection is None or not self.connected:
            return False
        self.connection.send(self, frame)
        return True

    def seen(self, content: Content | Message, sender: str) -> str:
        """A digest of what this device shows, or sends, of a message: its text, which it opens, and all that goes with it."""
        text = opened(content.body, self)
        about = " ".join((content.subject, *content.members)) if content.members else content.subject
        its = (content.sent_at, content.kind, about, content.payload, content.payload_ref)
        return fingerprint(text, sender, *its)

    def can_send(self, type: str) -> bool:
        """Whether this version of the app knows a payload type, and so can show and send it."""
        return not type or type in self.capabilities or "*" in self.capabilities

    def sync(self, name: str, why: str) -> None:
        """Fetches what a conversation misses; the Syncer says how."""
        raise NotImplementedError

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
