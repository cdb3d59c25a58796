"""The way of a hint on our side: taken over when it is said to be, for who is to know, and given up for a true reason only.

    1. a worker hands a sleeping phone over, and the notification service says yes and notes nothing
    2. the service takes what is unread for notified: it gives the next hint up as expired, two seconds old
    3. a task is late; its reader has read the message on a laptop meanwhile, and the phone is woken for it

Requirements: G6, P8, C10.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import ClassVar

from model.events import (
    HandedToNotification,
    HintEnded,
    HintTaken,
    NotificationAttempted,
    NotificationDropped,
    NotificationRejected,
    NotificationSent,
    ReadStored,
    TaskLeased,
    TokenRegistered,
    TokenRemoved,
)
from properties.base import Property, Violation, sees
from properties.ledger import ROWS, TURNS, Ledger
from properties.time import Clocks

Key = tuple[str, str]
"""A hint's name: device and conversation."""

_NEVER: tuple[list[int], list[int]] = ([], [])
"""Of whom nothing was read."""


class HandedOverIsTaken(Property):
    """A device counts as handed over only when the notification service has noted that it is to be woken for the message.

    Proof of a violation: a HandedToNotification, and no HintTaken for the device and the conversation since the message was
    committed.
    """

    name: ClassVar[str] = "handed-over-is-taken"
    family: ClassVar[str] = "push"
    anomalies: ClassVar[tuple[str, ...]] = ("notification missing",)
    rests_on = ROWS

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._taken: dict[Key, int] = {}

    @sees(HintTaken)
    def on_taken(self, event: HintTaken, index: int) -> None:
        self._taken[event.device, event.conversation] = index

    @sees(HandedToNotification)
    def on_handed(self, event: HandedToNotification, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        row = log.rows.get(event.seq) if log is not None else None
        if row is None:
            return
        self.tested += 1
        if self._taken.get((event.device, event.conversation), -1) < row[1]:
            what = f"{event.device} was handed over for {event.conversation} {event.seq}"
            self.violated(f"{what}, and the notification service has noted nothing", row[1], index)


class OnlyWhoShouldIsHandedOver(Property):
    """A device is handed over for a message only if its user is a member at that place, and has not read it.

    Proof of a violation: a HandedToNotification for a device none of whose user's memberships holds at the seq; or one whose
    worker took the task after a ReadStored of that user had passed it. What is read while the worker is at it may come too late.
    """

    name: ClassVar[str] = "only-who-should-is-handed-over"
    family: ClassVar[str] = "push"
    anomalies: ClassVar[tuple[str, ...]] = ("removed-member leak", "notification after read")
    rests_on = TURNS

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._read: dict[Key, tuple[list[int], list[int]]] = {}
        """By user and conversation: to where the mark rose, above all before, and the events that say so."""
        self._leased: dict[tuple[str, str, int], int] = {}
        """By worker and place: the event by which it took a task of it first."""

    @sees(ReadStored)
    def on_read(self, event: ReadStored, index: int) -> None:
        marks, events = self._read.setdefault((event.user, event.conversation), ([], []))
        if not marks or event.to > marks[-1]:
            marks.append(event.to)
            events.append(index)

    @sees(TaskLeased)
    def on_leased(self, event: TaskLeased, index: int) -> None:
        self._leased.setdefault((event.worker, event.conversation, event.seq), index)

    @sees(HandedToNotification)
    def on_handed(self, event: HandedToNotification, index: int) -> None:
        held = self.ledger.held.get((event.device, event.conversation))
        user = self.ledger.user_of.get(event.device, "")
        self.tested += 1
        if held is None or not held.access.was_member(event.seq):
            self.violated(f"{self._what(event)}, and {user or 'nobody'} is no member there", index)
            return
        marks, events = self._read.get((user, event.conversation), _NEVER)
        passed = bisect_left(marks, event.seq)
        if passed == len(marks):
            return
        read, leased = events[passed], self._leased.get((event.node, event.conversation, event.seq), -1)
        if read < leased:
            what = f"{self._what(event)}, which {user} had read when {event.node} took its task"
            self.violated(what, read, leased, index)

    def _what(self, event: HandedToNotification) -> str:
        return f"{event.device} was handed over for {event.conversation} {event.seq}"


class HintsEndForAReason(Clocks):
    """What the notification service says of the end of a hint is so.

    Proof of a violation: a HintEnded 'taken' without a NotificationSent or NotificationDropped of that device and conversation
    since it was attempted last, or asked for once more since; one for a reason of the provider's without its
    NotificationRejected; 'no token' while the service keeps one; 'expired' of a hint that is younger than the `ttl` that it
    names, be servers' clocks off by as much as any was until then.
    """

    name: ClassVar[str] = "hints-end-for-a-reason"
    family: ClassVar[str] = "push"
    anomalies: ClassVar[tuple[str, ...]] = ("notification missing",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._since: dict[Key, tuple[int, int]] = {}
        """When each hint that is open was taken first (µs), and by which event."""
        self._asked: dict[Key, int] = {}
        """The event by which it was taken last, or attempted since."""
        self._attempted: dict[Key, int] = {}
        self._provided: dict[Key, int] = {}
        self._rejected: dict[Key, tuple[str, int]] = {}
        self._kept: dict[str, int] = {}
        """By device that has a token: the event of its registration."""

    @sees(HintTaken)
    def on_taken(self, event: HintTaken, index: int) -> None:
        key = (event.device, event.conversation)
        self._since.setdefault(key, (event.t, index))
        self._asked[key] = index

    @sees(NotificationAttempted)
    def on_attempted(self, event: NotificationAttempted, index: int) -> None:
        self._attempted[event.device, event.conversation] = index

    @sees(NotificationSent, NotificationDropped)
    def on_provided(self, event: NotificationSent | NotificationDropped, index: int) -> None:
        self._provided[event.device, event.conversation] = index

    @sees(NotificationRejected)
    def on_rejected(self, event: NotificationRejected, index: int) -> None:
        self._rejected[event.device, event.conversation] = (event.why, index)

    @sees(TokenRegistered)
    def on_registered(self, event: TokenRegistered, index: int) -> None:
        self._kept[event.device] = index

    @sees(TokenRemoved)
    def on_removed(self, event: TokenRemoved, index: int) -> None:
        self._kept.pop(event.device, None)

    @sees(HintEnded)
    def on_ended(self, event: HintEnded, index: int) -> None:
        key = (event.device, event.conversation)
        t, taken = self._since.pop(key, (event.t, -1))
        if taken < 0:
            return
        self.tested += 1
        attempted, asked = self._attempted.get(key, -1), self._asked[key]
        what = f"the hint to {event.device} for {event.conversation} ends as '{event.how}'"
        if event.how == "taken":
            if not self._provided.get(key, -1) > attempted > asked:
                self.violated(f"{what}, and the provider was not given it", asked, index)
        elif event.how in ("invalid", "disabled", "too large"):
            why, rejected = self._rejected.get(key, ("", -1))
            if why != event.how or rejected < attempted or attempted < taken:
                self.violated(f"{what}, and the provider has not said so", taken, index)
        elif event.how == "no token":
            if event.device in self._kept:
                self.violated(f"{what}, and the service keeps one", self._kept[event.device], taken, index)
        elif event.how == "expired" and event.ttl:
            self.catch_up(event.t)
            if event.t - t + self.ahead - self.behind < event.ttl:
                age = (event.t - t) / 1e6
                self.violated(f"{what} after {event.ttl / 1e6:g} s, and is {age:g} s old", taken, index)
