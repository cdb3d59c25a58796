"""Push is a hint: a notification wakes a device and proves nothing.

Requirements: P8.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import (
    CursorMoved,
    CursorStored,
    HandedToNotification,
    NotificationSent,
    NotificationShown,
    Shown,
    Stored,
)
from properties.base import Property, Violation, sees
from properties.ledger import Ledger


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
