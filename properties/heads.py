"""Heads: whoever is told that a conversation reaches up to somewhere, it does.

A device that believes a head which is none asks for what is not there, again and again. One that does not believe it has been
lied to all the same: its list says that there is something new, its phone rings for nothing.

    1. a leader tells of what it has written down itself, and no quorum has: if it dies, nobody ever gets it
    2. a digest counts the next place, which a sequencer has given out, as taken
    3. a list says that the newest message is the one that is about to be stored

Requirements: G2, P7, P8, V1.
"""

from __future__ import annotations

from typing import ClassVar

from model.events import (
    HeadHinted,
    HeadRead,
    ListShown,
    NotificationAttempted,
    SegmentLoaded,
    SyncPageReceived,
    SyncRequested,
)
from properties.base import Property, sees
from properties.ledger import ROWS


class HeadsAreTrue(Property):
    """No head that anybody is told is above what is committed: in digests, pages, hints, lists, pushes, caches and reads.

    Proof of a violation: a SyncRequested, which says of what its device has heard, in a digest say; a SyncPageReceived,
    ListShown, HeadHinted, SegmentLoaded, HeadRead or NotificationAttempted, with a seq above the highest that was committed
    before it. A seq of 0 is none.
    """

    name: ClassVar[str] = "heads-are-true"
    family: ClassVar[str] = "replication"
    anomalies: ClassVar[tuple[str, ...]] = ("ahead of log", "precommitted read", "phantom")
    rests_on = ROWS
    optional = (
        SyncRequested, SyncPageReceived, ListShown, HeadHinted, SegmentLoaded, HeadRead, NotificationAttempted,
    )  # fmt: skip

    def _told(self, who: str, conversation: str, head: int, index: int) -> None:
        log = self.ledger.logs.get(conversation)
        if log is None or not head:
            return
        self.tested += 1
        if head > log.head:
            what = f"{who} is told that {conversation} reaches up to {head}, and only {log.head} is committed"
            self.violated(what, log.rows[log.head][1] if log.head in log.rows else None, index)

    @sees(SyncRequested, SyncPageReceived)
    def on_sync(self, event: SyncRequested | SyncPageReceived, index: int) -> None:
        self._told(event.device, event.conversation, event.head, index)

    @sees(ListShown)
    def on_list(self, event: ListShown, index: int) -> None:
        for conversation, newest in zip(event.conversations, event.newest, strict=False):
            self._told(event.device, conversation, newest, index)

    @sees(HeadHinted)
    def on_hint(self, event: HeadHinted, index: int) -> None:
        self._told(event.device, event.conversation, event.seq, index)

    @sees(SegmentLoaded, HeadRead)
    def on_read(self, event: SegmentLoaded | HeadRead, index: int) -> None:
        self._told(event.node, event.conversation, event.head, index)

    @sees(NotificationAttempted)
    def on_push(self, event: NotificationAttempted, index: int) -> None:
        self._told(event.device, event.conversation, event.upto, index)
