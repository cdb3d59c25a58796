"""Cursors and read marks, as clients know them: they name a message, and go the way that the screens go.

Here a cursor is no number. That it names something is known from what the device stored and showed, and which of two names
is further on from the order in which all screens have them (`properties/views.py`).

    1. the cursor is handed out with a push notification: it names what the device does not have
    2. the phone's mark is at m9, the laptop's of m5 arrives later: the mark falls back

Requirements: P6, P8, P10, V1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import CursorMoved, ReadMarkMoved, Shown
from properties.base import Property, Violation, sees
from properties.ledger import HOLDINGS, SCREENS, Held, Ledger


class CursorsNameWhatIsThere(Property):
    """A device's cursor names something that the device has.

    Proof of a violation: a CursorMoved to a seq that the installation neither stored nor showed before. Of a conversation
    that is older than the record, and of a user who joined, it is not known what is there before.
    """

    name: ClassVar[str] = "cursors-name-what-is-there"
    family: ClassVar[str] = "cursor"
    anomalies: ClassVar[tuple[str, ...]] = ("over-advance", "ahead of log")
    rests_on = (Shown, *HOLDINGS)
    numbers = False

    @sees(CursorMoved)
    def on_cursor(self, event: CursorMoved, index: int) -> None:
        held = self.ledger.here
        if held is None or not event.to or held.log.base or held.access.joined_index >= 0:
            return
        self.tested += 1
        if not held.holds(event.to) and not held.has_shown(event.to):
            to = self.ledger.name(event.conversation, event.to)
            self.violated(
                f"{event.device}'s cursor of {event.conversation} moved to {to}, which it does not have", index
            )


class _GoesForward(Property):
    """A position on each device that only moves forward, in the order of the screens."""

    what: ClassVar[str]
    numbers = False
    rests_on = SCREENS

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._last: dict[Held, tuple[int, int]] = {}

    def moved(self, event: CursorMoved | ReadMarkMoved, held: Held | None, index: int) -> None:
        if held is None:
            return
        message = held.log.shown_at.get(event.to)
        if message is None:
            return
        place = held.log.order.get(message, -1)
        if place < 0:
            return
        self.tested += 1
        furthest, before = self._last.get(held, (-1, -1))
        if place < furthest:
            name = held.log.ranks[furthest][0]
            self.violated(
                f"{event.device}'s {self.what} of {event.conversation} went back from {name} to {message}",
                before,
                index,
            )
        else:
            self._last[held] = (place, index)


class CursorsGoForward(_GoesForward):
    """A device's cursor only moves down the screen, through restarts and reconnects.

    Proof of a violation: a CursorMoved to a message above one to which an earlier CursorMoved of the same installation went,
    in the order in which screens have them. What no device has shown has no place in it, and is left out.
    """

    name: ClassVar[str] = "cursors-go-forward"
    family: ClassVar[str] = "cursor"
    anomalies: ClassVar[tuple[str, ...]] = ("regression",)
    what = "cursor"

    @sees(CursorMoved)
    def on_cursor(self, event: CursorMoved, index: int) -> None:
        self.moved(event, self.ledger.here, index)


class ReadMarksGoForward(_GoesForward):
    """What a device holds to be read only grows, down the screen.

    Proof of a violation: a ReadMarkMoved to a message above one to which an earlier ReadMarkMoved of the same installation
    went, in the order in which screens have them. What no device has shown has no place in it, and is left out.
    """

    name: ClassVar[str] = "read-marks-go-forward"
    family: ClassVar[str] = "receipts and unread"
    anomalies: ClassVar[tuple[str, ...]] = ("receipt regression", "resurrection")
    what = "read mark"

    @sees(ReadMarkMoved)
    def on_mark(self, event: ReadMarkMoved, index: int) -> None:
        self.moved(event, self.ledger.held.get((event.device, event.conversation)), index)
