"""What a person sees: the badge agrees with the screen, and nobody is told of what they have read.

    1. two messages come, the second while the first is being read: the badge says 2, or 0
    2. read on the laptop; the phone was told, and shows a notification of it that the provider had held up
    3. the badge is right once everything is quiet, and was wrong all the time before
    4. the badge says -1; or 4, where the others have sent three messages

Requirements: P8, P10, G4.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import ClassVar, NamedTuple

from model.events import (
    MemberJoined,
    MemberLeft,
    NotificationShown,
    Persisted,
    ReadMarkMoved,
    SendAttempted,
    Shown,
    UnreadShown,
    Wiped,
)
from properties.base import Property, Violation, sees
from properties.conversation import Held
from properties.deferred import Deferred
from properties.ledger import LIVES, Ledger


class _Display:
    """What of a conversation a device shows that its badge has to count: seqs of others' messages above its own mark."""

    __slots__ = ("mark", "mark_index", "since", "unread")

    def __init__(self) -> None:
        self.mark = 0
        self.mark_index = -1
        self.since = 0
        self.unread: list[int] = []
        """A heap."""

    def lower(self) -> None:
        """Takes out what the mark, or the return to the conversation, has passed."""
        while self.unread and self.unread[0] <= max(self.mark, self.since):
            heapq.heappop(self.unread)


class BadgesFollowTheScreen(Property):
    """Whenever a badge changes, it is the number of others' messages on that device's screen above its own read mark.

    Proof of a violation: an UnreadShown with another number than there are Shown of other senders above the device's last
    ReadMarkMoved. Joins, leaves and what is hidden are no messages; the row by which the user left makes it 0, and the one by
    which the user came back lets it count from there. That the badge is also the truth, once everything is healed, is
    badges-are-right. Each message is counted once and taken away once.
    """

    name: ClassVar[str] = "badges-follow-the-screen"
    family: ClassVar[str] = "screen"
    anomalies: ClassVar[tuple[str, ...]] = ("unread divergence: negative, ghost", "resurrection")
    rests_on = LIVES

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._displays: dict[Held, _Display] = {}
        self._no_message: dict[str, set[int]] = {}
        """By conversation: the seqs of what nobody wrote."""
        self._turns: dict[str, dict[int, str]] = {}
        """By conversation and seq: who joined or left by that row."""

    def _display(self, held: Held) -> _Display:
        display = self._displays.get(held)
        if display is None:
            display = self._displays[held] = _Display()
        return display

    @sees(Persisted)
    def on_persisted(self, event: Persisted, _: int) -> None:
        if event.kind:
            self._no_message.setdefault(event.conversation, set()).add(event.seq)

    @sees(MemberJoined, MemberLeft)
    def on_membership(self, event: MemberJoined | MemberLeft, _: int) -> None:
        self._turns.setdefault(event.conversation, {})[event.seq] = event.user

    @sees(Shown)
    def on_shown(self, event: Shown, _: int) -> None:
        held = self.ledger.here
        if held is None:
            return
        conversation, seq, user = event.conversation, event.seq, held.access.user
        turns = self._turns.get(conversation)
        if turns is not None and turns.get(seq) == user:
            display = self._display(held)
            display.since = seq
            display.lower()
        elif event.sender != user and not event.hidden and seq not in self._no_message.get(conversation, ()):
            display = self._displays.get(held) or self._display(held)
            if seq > display.mark:
                heapq.heappush(display.unread, seq)

    @sees(ReadMarkMoved)
    def on_mark(self, event: ReadMarkMoved, index: int) -> None:
        held = self.ledger.held.get((event.device, event.conversation))
        if held is not None:
            display = self._display(held)
            display.mark, display.mark_index = event.to, index
            display.lower()

    @sees(UnreadShown)
    def on_badge(self, event: UnreadShown, index: int) -> None:
        held = self.ledger.held.get((event.device, event.conversation))
        if held is None:
            return
        self.tested += 1
        display = self._display(held)
        there = len(display.unread)
        if event.unread != there:
            self.violated(
                f"{event.device} shows {event.unread} unread in {event.conversation}, but there are {there} on its screen",
                display.mark_index,
                index,
            )


class NoHintOfWhatWasRead(Property):
    """A device shows no notification of what it knows its user to have read.

    Proof of a violation: a NotificationShown of nothing above the device's last ReadMarkMoved in that conversation. What
    was read on another device counts as soon as this one knows it; a notification that doesn't say up to where there is
    something new can't be judged.
    """

    name: ClassVar[str] = "no-hint-of-what-was-read"
    family: ClassVar[str] = "screen"
    anomalies: ClassVar[tuple[str, ...]] = ("notification after read",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._marks: dict[tuple[str, str], tuple[int, int]] = {}

    @sees(ReadMarkMoved)
    def on_mark(self, event: ReadMarkMoved, index: int) -> None:
        self._marks[event.device, event.conversation] = (event.to, index)

    @sees(Wiped)
    def on_wiped(self, event: Wiped, _: int) -> None:
        for held in self.ledger.renewed:
            self._marks.pop((event.device, held.log.name), None)

    @sees(NotificationShown)
    def on_notification(self, event: NotificationShown, index: int) -> None:
        if not event.seq:
            return
        self.tested += 1
        mark, read = self._marks.get((event.device, event.conversation), (0, -1))
        if event.seq <= mark:
            self.violated(
                f"{event.device} shows a notification of {event.conversation} up to {event.seq}, "
                f"which its user has read up to {mark}",
                read,
                index,
            )


class _Badge(NamedTuple):
    """What a device showed as unread at `t`, and the event that says so."""

    t: int
    event: int
    device: str
    conversation: str
    unread: int


class BadgesArePossible(Deferred[_Badge]):
    """A badge is never below zero, nor above the number of messages that others have sent to the conversation at all.

    Proof of a violation: an UnreadShown of less than 0, or of more than there are message_ids that devices of other users had
    tried by then; by more than the clocks may be apart. The second is judged only where anything is known to be sent, and of no
    conversation that is older than the record. Who left or came back is shown no more than that, either.
    """

    name: ClassVar[str] = "badges-are-possible"
    family: ClassVar[str] = "receipts and unread"
    anomalies: ClassVar[tuple[str, ...]] = ("unread divergence: negative, ghost",)
    optional = (SendAttempted, *Deferred.optional)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._sent: dict[str, dict[str, int]] = {}
        """By conversation and user: how many message_ids went out."""
        self._all: dict[str, int] = {}

    @sees(SendAttempted)
    def on_attempted(self, event: SendAttempted, index: int) -> None:
        sent = self.ledger.message
        if sent is not None and sent.index == index:
            name, user = event.conversation, self.ledger.user_of.get(event.device, "")
            by = self._sent.setdefault(name, {})
            by[user] = by.get(user, 0) + 1
            self._all[name] = self._all.get(name, 0) + 1

    @sees(UnreadShown)
    def on_badge(self, event: UnreadShown, index: int) -> None:
        self.tested += 1
        if event.unread < 0:
            self.violated(f"{event.device} shows {event.unread} unread messages in {event.conversation}", index)
        if self.waiting:
            self.give_up(event.t)
        if event.unread > self._others(event.device, event.conversation):
            self.suspect(_Badge(event.t, index, event.device, event.conversation, event.unread))

    def _others(self, device: str, conversation: str) -> int:
        """How many messages others have sent so far."""
        user = self.ledger.user_of.get(device, "")
        return self._all.get(conversation, 0) - self._sent.get(conversation, {}).get(user, 0)

    def overdue(self, badge: _Badge) -> None:
        log, others = self.ledger.logs.get(badge.conversation), self._others(badge.device, badge.conversation)
        if log is not None and not log.base and log.begun and badge.unread > others:
            what = f"{badge.device} shows {badge.unread} unread messages in {badge.conversation}"
            self.violated(f"{what}, to which others have sent {others}", badge.event)
