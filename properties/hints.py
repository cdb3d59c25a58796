"""Push is a hint: a notification wakes a device and proves nothing; it is for its user, once, and not lost on our side.

    1. a hint is pending when the handset's user logs out and another one logs in
    2. the provider does not answer, and the service forgets what it was to do
    3. a service that is told to wait hammers on

Requirements: P8, C10.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from model.events import (
    ConversationOpened,
    CursorMoved,
    CursorStored,
    DeviceRegistered,
    HandedToNotification,
    HintEnded,
    HintTaken,
    MemberJoined,
    NotificationAttempted,
    NotificationDropped,
    NotificationIgnored,
    NotificationSent,
    NotificationShown,
    NotificationThrottled,
    Shown,
    Stored,
)
from properties.base import Debt, Liveness, Property, Violation, sees
from properties.ledger import Ledger
from sim.history import Crashed

Key = tuple[str, str]


class NotificationsProveNothing(Property):
    """A push notification never counts as delivery: it moves no cursor, and stores and shows no message.

    Proof of a violation: a cursor, a stored or a shown message whose immediate cause is a notification's event.
    """

    name: ClassVar[str] = "notifications-prove-nothing"
    family: ClassVar[str] = "push"
    anomalies: ClassVar[tuple[str, ...]] = ("over-advance",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._hints: set[int] = set()

    @sees(NotificationShown, NotificationSent, HandedToNotification)
    def on_hint(self, event: NotificationShown | NotificationSent | HandedToNotification, index: int) -> None:
        self.tested += 1
        self._hints.add(index)

    @sees(CursorMoved, CursorStored, Stored, Shown)
    def on_claim(self, event: CursorMoved | CursorStored | Stored | Shown, index: int) -> None:
        if self._hints and event.cause in self._hints:
            what = type(event).__name__
            self.violated(
                f"{what} of {event.device} in {event.conversation} follows from a notification", event.cause, index
            )


class HintsReachTheirUser(Property):
    """A notification is shown only on a device of the user that it is for, and only for a conversation of that user's.

    Proof of a violation: a NotificationShown on another user's device, or on a device none of whose user's conversations it
    is for. A history that doesn't say for whom a notification was is judged by the conversation alone.
    """

    name: ClassVar[str] = "hints-reach-their-user"
    family: ClassVar[str] = "push"
    anomalies: ClassVar[tuple[str, ...]] = ("removed-member leak", "phantom")
    rests_on = (ConversationOpened, DeviceRegistered, MemberJoined)
    numbers = False

    @sees(NotificationShown)
    def on_shown(self, event: NotificationShown, index: int) -> None:
        self.tested += 1
        user = self.ledger.user_of.get(event.device)
        if event.user and event.user != user:
            self.violated(
                f"{event.device} of {user} shows a notification for {event.user}, of {event.conversation}",
                event.cause,
                index,
            )
        elif (event.device, event.conversation) not in self.ledger.held:
            self.violated(
                f"{event.device} shows a notification for {event.conversation}, of which {user} is no member",
                event.cause,
                index,
            )


class OneHintPending(Property):
    """At most one notification is pending at a provider for a conversation and a token: a new one replaces it.

    Proof of a violation: two NotificationSent that collapsed nothing, and between them neither anything that became of the
    first (shown, ignored, dropped) nor a crash of the provider, which loses what is pending.
    """

    name: ClassVar[str] = "one-hint-pending"
    family: ClassVar[str] = "push"
    anomalies: ClassVar[tuple[str, ...]] = ("duplicate",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._pending: dict[str, dict[Key, int]] = {}
        """By provider: (token, conversation) to the index of its NotificationSent."""

    @sees(NotificationSent)
    def on_sent(self, event: NotificationSent, index: int) -> None:
        self.tested += 1
        if event.collapsed:
            return
        key = (event.token or event.device, event.conversation)
        pending = self._pending.setdefault(event.node, {})
        if key in pending:
            self.violated(
                f"a second notification of {event.conversation} is pending for {event.device}", pending[key], index
            )
        pending[key] = index

    @sees(NotificationShown, NotificationIgnored, NotificationDropped)
    def on_end(self, event: NotificationShown | NotificationIgnored | NotificationDropped, _: int) -> None:
        key = (event.token or event.device, event.conversation)
        for pending in self._pending.values():  # of as many providers as there are: one
            pending.pop(key, None)

    @sees(Crashed)
    def on_crash(self, event: Crashed, _: int) -> None:
        self._pending.pop(event.node, None)


class ThrottlingIsRespected(Property):
    """When the provider says to wait, the service does not try that hint again before the time is over.

    Proof of a violation: a NotificationAttempted of a device and conversation less than `retry_after` after a
    NotificationThrottled of the same.
    """

    name: ClassVar[str] = "throttling-is-respected"
    family: ClassVar[str] = "push"
    anomalies: ClassVar[tuple[str, ...]] = ("retry amplification",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._until: dict[Key, tuple[int, int]] = {}

    @sees(NotificationThrottled)
    def on_throttled(self, event: NotificationThrottled, index: int) -> None:
        self.tested += 1
        self._until[event.device, event.conversation] = (event.t + event.retry_after, index)

    @sees(NotificationAttempted)
    def on_attempted(self, event: NotificationAttempted, index: int) -> None:
        until, told = self._until.get((event.device, event.conversation), (0, -1))
        if event.t < until:
            early = (until - event.t) / 1e6
            self.violated(f"{event.device} is tried {early:g} s before the provider's time is over", told, index)


class EveryHintEnds(Liveness):
    """After healing, every hint that the notification service took over is with the provider, or given up for a reason.

    Owed from the HintTaken on, until a HintEnded: taken by the provider, or invalid, no token, disabled, too large, expired.
    While the provider has said to wait (NotificationThrottled) nothing is owed, until the next attempt. What the provider
    does with a hint is its own affair: nothing that is promised depends on it.
    """

    name: ClassVar[str] = "every-hint-ends"
    family: ClassVar[str] = "push"
    anomalies: ClassVar[tuple[str, ...]] = ("notification missing",)

    reasons: ClassVar[frozenset[str]] = frozenset({"taken", "invalid", "no token", "disabled", "too large", "expired"})

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._open: dict[Key, int] = {}
        self._waiting: dict[Key, int] = {}

    @sees(HintTaken)
    def on_taken(self, event: HintTaken, index: int) -> None:
        self.tested += 1
        key = (event.device, event.conversation)
        if key not in self._waiting:
            self._open.setdefault(key, index)

    @sees(NotificationThrottled)
    def on_throttled(self, event: NotificationThrottled, _: int) -> None:
        index = self._open.pop((event.device, event.conversation), None)
        if index is not None:
            self._waiting[event.device, event.conversation] = index

    @sees(NotificationAttempted)
    def on_attempted(self, event: NotificationAttempted, _: int) -> None:
        index = self._waiting.pop((event.device, event.conversation), None)
        if index is not None:
            self._open[event.device, event.conversation] = index

    @sees(HintEnded)
    def on_ended(self, event: HintEnded, _: int) -> None:
        if event.how in self.reasons:
            self._open.pop((event.device, event.conversation), None)
            self._waiting.pop((event.device, event.conversation), None)

    def owed(self) -> int:
        return len(self._open)

    def missing(self) -> Iterator[Debt]:
        for (device, conversation), index in self._open.items():
            what = (
                f"the hint to {device} for {conversation} was neither taken by the provider nor given up for a reason"
            )
            yield Debt(what, (index,))
