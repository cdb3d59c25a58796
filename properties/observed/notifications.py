"""Notifications as the person sees them who is away: they come for what is new, they are shown, and who has left gets none.

    1. one notification comes for a conversation, and then no other, whatever is sent (matrix-org/synapse#12880)
    2. who was removed is notified of what the others write since (RocketChat/Rocket.Chat#10244)
    3. a notification reaches the handset, and the app shows nothing
    4. a notification names somebody who has written elsewhere, or nothing at all

Requirements: G6, P8, P13.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from model.events import (
    NotificationDelivered,
    NotificationIgnored,
    NotificationShown,
    Persisted,
    ReadMarkMoved,
    SendAttempted,
    Shown,
)
from properties.base import Property, Violation, sees
from properties.conversation import Held
from properties.deferred import Deferred
from properties.ledger import LIVES, TURNS, Ledger
from sim.history import Ended

Key = tuple[str, str]
"""A device and a conversation."""


class _Told(NamedTuple):
    """A notification that was shown at `t` (µs), by the event `event`, of something new up to `seq`."""

    t: int
    event: int
    held: Held
    seq: int


class OnlyMembersAreNotified(Deferred[_Told]):
    """Nobody is notified of what was sent after they left.

    Proof of a violation: a NotificationShown of a seq that the device's user may not read. If it doesn't say up to where there is
    something new: one of a conversation that the user has left, to which somebody has sent something since, on a device that
    had shown all that others sent before; it is about nothing that was for this user.
    """

    name: ClassVar[str] = "only-members-are-notified"
    family: ClassVar[str] = "push"
    anomalies: ClassVar[tuple[str, ...]] = ("removed-member leak",)
    rests_on = (SendAttempted, Shown, *LIVES, *TURNS)

    @sees(NotificationShown)
    def on_notification(self, event: NotificationShown, index: int) -> None:
        held = self.ledger.held.get((event.device, event.conversation))
        if held is None:
            return  # no member, ever: that is another property's business
        self.tested += 1
        self.give_up(event.t)
        told = _Told(event.t, index, held, event.seq)
        if self._wrong(told):
            self.suspect(told)

    def _wrong(self, told: _Told) -> bool:
        held, access = told.held, told.held.access
        if told.seq and not self.ledger.opaque:
            return not access.reads(told.seq)
        if access.member or access.left_t < 0 or access.left_t + self.ledger.skew >= told.t:
            return False
        name = held.log.name
        since = False
        for (conversation, message), sent in self.ledger.sent.items():
            if conversation != name or self.ledger.user_of.get(sent.request.device) == access.user:
                continue
            if sent.t > access.left_t + self.ledger.skew:
                since |= sent.t < told.t
            elif held.first.get(message, told.event) >= access.left_index:
                return False
        return since

    def overdue(self, told: _Told) -> None:
        if self._wrong(told):
            held, access = told.held, told.held.access
            what = f"{held.device} is notified of something new in {held.log.name}"
            self.violated(f"{what}, where {access.user} is no member", access.left_index, told.event)


class _Named(NamedTuple):
    """A notification that was shown at `t` (µs), by the event `event`, and that says that `sender` has written."""

    t: int
    event: int
    held: Held
    seq: int
    sender: str


class NotificationsNameWhoWrote(Deferred[_Named]):
    """A notification names somebody who has written in its conversation what its user had not read.

    Proof of a violation: a NotificationShown that names somebody of whom no message of that conversation is committed up to its
    seq (without commits in the record: tried to be sent), or all of whose messages up to there the user had read, on whatever
    device, `patience` before it. One's own other devices may be told of what one has written.
    """

    name: ClassVar[str] = "notifications-name-who-wrote"
    family: ClassVar[str] = "push"
    anomalies: ClassVar[tuple[str, ...]] = ("wrong sender",)
    rests_on = (SendAttempted,)
    optional: ClassVar[tuple[type, ...]] = (Ended, Persisted, ReadMarkMoved)

    patience: ClassVar[int] = 600_000_000
    """µs: a notification may be on its way that long, and what it tells of be read elsewhere meanwhile. A provider takes minutes
    now and then, and one that holds its sender off adds as much."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._commits = False
        """Whether the history has commits."""
        self._wrote: dict[Key, list[int]] = {}
        """By conversation and user: the seqs of what is committed of the user's, and 0 for what is known to have been tried."""
        self._marks: dict[Key, list[tuple[int, int]]] = {}
        """By user and conversation: when (µs) a mark was moved on any device of the user's, and up to where."""

    @sees(Persisted)
    def on_commit(self, event: Persisted, _: int) -> None:
        self._commits = True
        self._wrote.setdefault((event.conversation, event.sender), []).append(event.seq)

    @sees(SendAttempted)
    def on_attempt(self, event: SendAttempted, _: int) -> None:
        if not self._commits:
            self._wrote.setdefault((event.conversation, self.ledger.user_of.get(event.device, "")), []).append(0)

    @sees(ReadMarkMoved)
    def on_mark(self, event: ReadMarkMoved, _: int) -> None:
        whose = (self.ledger.user_of.get(event.device, ""), event.conversation)
        self._marks.setdefault(whose, []).append((event.t, event.to))

    @sees(NotificationShown)
    def on_notification(self, event: NotificationShown, index: int) -> None:
        held = self.ledger.held.get((event.device, event.conversation))
        if not event.sender or held is None or held.log.base:
            return  # nobody is named, or it may be about what was before the record
        if self.ledger.exported and event.sender not in self.ledger.devices_of:
            return  # a name that is no user id
        self.tested += 1
        self.give_up(event.t)
        named = _Named(event.t, index, held, event.seq, event.sender)
        if self._wrong(named):
            self.suspect(named)

    def _wrong(self, named: _Named) -> str:
        """What is wrong with the name; '' if nothing is."""
        user, name = self.ledger.user_of.get(named.held.device, ""), named.held.log.name
        wrote = self._wrote.get((name, named.sender), ())
        if not self.ledger.opaque:
            wrote = [seq for seq in wrote if not seq or not named.seq or seq <= named.seq]
        if not wrote:
            return "who has written nothing there that it could be about"
        before = named.t - self.patience - self.ledger.skew
        read = max((to for t, to in self._marks.get((user, name), ()) if t < before), default=0)
        if not self.ledger.opaque and all(0 < seq <= read for seq in wrote):
            return f"of whom {user} has read everything since long ago"
        return ""

    def overdue(self, named: _Named) -> None:
        if wrong := self._wrong(named):
            held = named.held
            self.violated(
                f"{held.device} shows a notification of {held.log.name} from {named.sender}, {wrong}", named.event
            )


class WhatArrivesIsShown(Property):
    """A notification that reaches a handset is shown there, unless it is for somebody else or of what was read.

    Proof of a violation: a NotificationIgnored on a device of the user that it is for, of a seq that the device has not shown
    and no device of the user takes for read, in a conversation that the user is a member of; or a NotificationDelivered that is
    followed by neither a NotificationShown nor a NotificationIgnored of its token and conversation.
    """

    name: ClassVar[str] = "what-arrives-is-shown"
    family: ClassVar[str] = "push"
    anomalies: ClassVar[tuple[str, ...]] = ("notification missing",)
    rests_on = (Shown, *LIVES, *TURNS)
    optional: ClassVar[tuple[type, ...]] = (NotificationDelivered, Ended)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._arrived: dict[Key, tuple[int, int, str]] = {}
        """By token and conversation: what has arrived and not been shown or ignored yet: when (µs), the event, for whom."""
        self._read: dict[Key, int] = {}
        """By user and conversation: the highest mark on any device of the user's."""

    @sees(ReadMarkMoved)
    def on_mark(self, event: ReadMarkMoved, _: int) -> None:
        whose = (self.ledger.user_of.get(event.device, ""), event.conversation)
        self._read[whose] = max(event.to, self._read.get(whose, 0))

    @sees(NotificationDelivered)
    def on_arrived(self, event: NotificationDelivered, index: int) -> None:
        self.tested += 1
        self._look()
        self._arrived[event.token, event.conversation] = (event.t, index, event.device)

    @sees(NotificationShown)
    def on_shown(self, event: NotificationShown, _: int) -> None:
        self.tested += 1
        self._arrived.pop((event.token, event.conversation), None)

    @sees(NotificationIgnored)
    def on_ignored(self, event: NotificationIgnored, index: int) -> None:
        self.tested += 1
        self._arrived.pop((event.token, event.conversation), None)
        held = self.ledger.held.get((event.device, event.conversation))
        if not event.seq or held is None or event.user != held.access.user or not held.access.reads(event.seq):
            return
        read = max(held.log.base, self._read.get((event.user, event.conversation), 0))
        if event.seq > read and not held.has_shown(event.seq):
            what = f"{event.device} ignores a notification of {event.conversation} up to {event.seq}"
            self.violated(f"{what}, of which {event.user} has read {read}", index)

    @sees(Ended)
    def on_ended(self, event: Ended, _: int) -> None:
        self._look()

    def _look(self) -> None:
        """What has arrived before is shown or ignored by now: an app does so as it arrives."""
        for (_, conversation), (_, index, device) in self._arrived.items():
            what = f"a notification of {conversation} for {device} has reached the handset"
            self.violated(f"{what}, and the app did nothing with it", index)
        self._arrived.clear()
