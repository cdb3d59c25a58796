"""Cursors: a cursor at 5 says that 1 to 5 are held. It is the one thing that sync believes.

    1. 4 is missing, 5 arrives, the cursor is set to 5: no sync will ever ask for 4
    2. the cursor is stored, the app dies, the message was not stored yet
    3. an ack of 7 is overtaken by the ack of 9: the store's cursor must not go back
    4. a device is wiped at 9: the store's 9 is an earlier installation's, and a sync from it misses 1 to 9

That no cursor is ahead of the log follows from soundness together with stored-is-true: only what is in the log is held.

Requirements: P5, P6, P8, G4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import AckSent, CursorMoved, CursorStored, DeviceCleaned
from properties.base import Property, Violation, sees
from properties.conversation import Held
from properties.ledger import HOLDINGS, LIVES, Ledger


class DeviceCursorIsSound(Property):
    """A device's cursor never passes what the device durably holds without a gap.

    Proof of a violation: a CursorMoved to a seq up to which not every message was Stored on that device before.
    """

    name: ClassVar[str] = "device-cursor-is-sound"
    family: ClassVar[str] = "cursor"
    anomalies: ClassVar[tuple[str, ...]] = ("over-advance", "ahead of log")
    rests_on = HOLDINGS
    gapless = True

    @sees(CursorMoved)
    def on_cursor(self, event: CursorMoved, index: int) -> None:
        self.tested += 1
        held = self.ledger.here
        if held is not None and event.to > held.upto:
            self.violated(
                f"{event.device}'s cursor of {event.conversation} moved to {event.to}, but it holds only 1 to {held.upto}",
                held.lacks(),
                index,
            )


class DeviceCursorIsMonotone(Property):
    """A device's cursor only moves forward, through restarts and reconnects, until the device is wiped.

    Proof of a violation: a CursorMoved to a seq below an earlier one of the same installation of the device and conversation.
    """

    name: ClassVar[str] = "device-cursor-is-monotone"
    family: ClassVar[str] = "cursor"
    anomalies: ClassVar[tuple[str, ...]] = ("regression",)
    rests_on = LIVES

    @sees(CursorMoved)
    def on_cursor(self, event: CursorMoved, index: int) -> None:
        self.tested += 1
        held = self.ledger.here
        if held is not None and event.to < held.cursor:
            self.violated(
                f"{event.device}'s cursor of {event.conversation} moved back from {held.cursor} to {event.to}",
                held.cursor_index,
                index,
            )


class AckIsSound(Property):
    """A device acks only what it durably holds without a gap.

    Proof of a violation: an AckSent up to a seq up to which not every message was Stored on that device before.
    """

    name: ClassVar[str] = "ack-is-sound"
    family: ClassVar[str] = "cursor"
    anomalies: ClassVar[tuple[str, ...]] = ("over-advance",)
    rests_on = HOLDINGS
    gapless = True

    @sees(AckSent)
    def on_ack(self, event: AckSent, index: int) -> None:
        self.tested += 1
        held = self.ledger.here
        if held is not None and event.upto > held.upto:
            self.violated(
                f"{event.device} acked {event.conversation} up to {event.upto}, but it holds only 1 to {held.upto}",
                held.lacks(),
                index,
            )


class StoredCursorIsSound(Property):
    """The store's cursor of a device never passes what that device durably holds without a gap.

    Proof of a violation: a CursorStored to a seq up to which not every message was Stored before by the installation of the
    device whose ack it was.
    """

    name: ClassVar[str] = "stored-cursor-is-sound"
    family: ClassVar[str] = "cursor"
    anomalies: ClassVar[tuple[str, ...]] = ("over-advance", "ahead of log")
    rests_on = HOLDINGS

    @sees(CursorStored)
    def on_cursor(self, event: CursorStored, index: int) -> None:
        self.tested += 1
        held = self.ledger.here
        if held is not None and event.to > held.upto:
            self.violated(
                f"the store's cursor of {event.device} in {event.conversation} became {event.to}, "
                f"but the device holds only 1 to {held.upto}",
                held.lacks(),
                index,
            )


class StoredCursorIsMonotone(Property):
    """The store's cursor of a device only moves forward, whatever order the acks arrive in.

    Proof of a violation: a CursorStored below an earlier one of the same device, installation and conversation, or for an
    earlier installation than one before it. What was given up by a DeviceCleaned begins anew.
    """

    name: ClassVar[str] = "stored-cursor-is-monotone"
    family: ClassVar[str] = "cursor"
    anomalies: ClassVar[tuple[str, ...]] = ("regression",)
    rests_on = LIVES
    optional = (DeviceCleaned,)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._anew: dict[Held, int] = {}
        """Where the cursors are that were given up: 0, and what was stored since."""

    @sees(DeviceCleaned)
    def on_cleaned(self, event: DeviceCleaned, index: int) -> None:
        held = self.ledger.held.get((event.device, event.conversation))
        while held is not None:
            self._anew[held] = 0
            held = held.older

    @sees(CursorStored)
    def on_cursor(self, event: CursorStored, index: int) -> None:
        self.tested += 1
        held = self.ledger.here
        if held is None:
            return
        stored = self._anew.get(held, held.stored)
        if event.to < stored:
            self.violated(
                f"the store's cursor of {event.device} in {event.conversation} moved back from {stored} to {event.to}",
                held.stored_index,
                index,
            )
        elif held in self._anew:
            self._anew[held] = event.to
        newer = held.newer
        while newer is not None and newer.stored_index < 0:
            newer = newer.newer
        if newer is not None:
            self.violated(
                f"the store's cursor of {event.device} in {event.conversation} is that of installation "
                f"{event.installation} again, after that of installation {newer.installation}",
                newer.stored_index,
                index,
            )
