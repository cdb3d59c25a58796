"""Cursors and read marks, as clients know them: they name a message, and go the way that the screens go.

Here a cursor is no number. That it names something is known from what the device stored and showed, and which of two names
is further on from the order in which all screens have them (`properties/observed/order.py`).

    1. the cursor is handed out with a push notification: it names what the device does not have
    2. the phone's mark is at m9, the laptop's of m5 arrives later: the mark falls back
    3. the phone marks as read what is one below the end of its screen

Requirements: P6, P8, P9, P10, V1.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import ClassVar, NamedTuple

from model.events import CursorMoved, ReadMarkMoved, SendAttempted, Shown
from properties.base import Property, Violation, sees
from properties.conversation import Held
from properties.deferred import Deferred
from properties.ledger import HOLDINGS, LIVES, SCREENS, TURNS, Ledger
from properties.sends import Sent


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
        if not held.holds(event.to) and not held.has_shown(event.to) and not self._need_not(held, event.to):
            to = self.ledger.name(event.conversation, event.to)
            self.violated(
                f"{event.device}'s cursor of {event.conversation} moved to {to}, which it does not have", index
            )

    def _need_not(self, held: Held, to: int) -> bool:
        """Whether what is there was removed by policy, or is in a page or was tapped, as far as ids tell."""
        message = held.log.shown_at.get(to) or self.ledger.name(held.log.name, to)
        log = held.log
        removed = log.removed and self.ledger.opaque and log.order.get(message, -1) <= log.removed_place
        return bool(removed) or to == log.removed or message in held.also


class _GoesForward(Property):
    """A position on each device that only moves forward, in the order of the screens."""

    what: ClassVar[str]
    numbers = False
    rests_on = SCREENS

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._last: dict[Held, tuple[int, int]] = {}
        """The lowest place on the screens to which the position went, and the event that says so."""
        self._early: dict[Held, tuple[int, int]] = {}
        """Where it went last that was on no screen yet, and the event that says so: a device may move before it shows."""

    def moved(self, event: CursorMoved | ReadMarkMoved, held: Held | None, index: int) -> None:
        if held is None:
            return
        order, shown_at = held.log.order, held.log.shown_at
        furthest, before = self._last.get(held, (-1, -1))
        early, said = self._early.get(held, (0, -1))
        place = order.get(shown_at.get(early, ""), -1)
        if place > furthest:
            self._last[held] = furthest, before = place, said
        place = order.get(shown_at.get(event.to, ""), -1)
        if place < 0:
            self._early[held] = (event.to, index)
            return
        self.tested += 1
        if place < furthest:
            names = held.log.ranks[furthest][0], held.log.shown_at[event.to]
            self.violated(
                f"{event.device}'s {self.what} of {event.conversation} went back from {names[0]} to {names[1]}",
                before,
                index,
            )
        else:
            self._last[held] = (place, index)


class CursorsGoForward(_GoesForward):
    """A device's cursor only moves down the screen, through restarts and reconnects.

    Proof of a violation: a CursorMoved to a message above one to which an earlier CursorMoved of the same installation went,
    in the order in which screens have them. What no device shows, be it later, has no place in it, and is left out.
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
    went, in the order in which screens have them. What no device shows, be it later, has no place in it, and is left out.
    """

    name: ClassVar[str] = "read-marks-go-forward"
    family: ClassVar[str] = "receipts and unread"
    anomalies: ClassVar[tuple[str, ...]] = ("receipt regression", "resurrection")
    what = "read mark"

    @sees(ReadMarkMoved)
    def on_mark(self, event: ReadMarkMoved, index: int) -> None:
        self.moved(event, self.ledger.held.get((event.device, event.conversation)), index)


class _Mark(NamedTuple):
    """A read mark that a device set at `t`, and the event that says so. `message` is what it names; '' if that isn't known."""

    t: int
    event: int
    device: str
    user: str
    conversation: str
    message: str


class ReadMarksNameWhatWasShown(Deferred[_Mark]):
    """A device holds a message to be read only if some device of its user has shown it, or the user sent it.

    Proof of a violation: a ReadMarkMoved to a message of another user that none of the user's devices showed before, in
    whatever installation; by more than the clocks may be apart. Which message it names is known from a screen that has it at
    that place, be it later, or from its id; what is on no screen may be a join, or what nobody shows, and is left out. Nor is
    it judged where devices may leave something out, of a user who joined, and of what may have been sent before the record
    began.
    """

    name: ClassVar[str] = "read-marks-name-what-was-shown"
    family: ClassVar[str] = "receipts and unread"
    anomalies: ClassVar[tuple[str, ...]] = ("phantom receipt",)
    rests_on = (SendAttempted, *LIVES, *TURNS)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._unknown: dict[tuple[str, int], list[_Mark]] = {}
        """By conversation and place: what it is, no screen has said so far."""

    @sees(ReadMarkMoved)
    def on_mark(self, event: ReadMarkMoved, index: int) -> None:
        ledger = self.ledger
        self.give_up(event.t)
        held = ledger.held.get((event.device, event.conversation))
        if held is None or ledger.gaps or held.access.joined_index >= 0 or event.to <= held.log.base:
            return
        self.tested += 1
        message = held.log.shown_at.get(event.to, "")
        if not message and ledger.opaque:
            name = ledger.name(event.conversation, event.to)
            message = name if (event.conversation, name) in ledger.sent else ""
        mark = _Mark(event.t, index, event.device, held.access.user, event.conversation, message)
        if message:
            self._compare(mark, ledger.sent.get((event.conversation, message)))
        else:
            self._unknown.setdefault((event.conversation, event.to), []).append(mark)

    def _compare(self, mark: _Mark, sent: Sent | None, seen: int = -1) -> None:
        """Judges a mark of which it is known what it names, by the event `seen` if that came later."""
        ledger = self.ledger
        log = ledger.logs[mark.conversation]
        if sent is None or ledger.user_of.get(sent.request.device) == mark.user or not ledger.in_record(log, sent):
            return
        for device in ledger.devices_of.get(mark.user, ()):
            held = ledger.held.get((device, mark.conversation))
            if held is not None and (
                held.has(mark.message)
                or (held.older is not None and any(one.has(mark.message) for one in held.older.installations()))
            ):
                return
        if ledger.opaque and 0 <= log.order.get(mark.message, -1) <= log.removed_place:
            return  # policy has removed it, and the mark is as old
        if ledger.skew:
            self.waiting.append(mark)
        else:
            self._wrong(mark, seen)

    def overdue(self, mark: _Mark) -> None:
        self._wrong(mark)

    def _wrong(self, mark: _Mark, seen: int = -1) -> None:
        what = f"{mark.device} holds {mark.message} of {mark.conversation} to be read"
        self.violated(f"{what}, which no device of {mark.user} had shown", mark.event, seen)

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        if not self._unknown and not self.waiting:
            return
        ledger, held = self.ledger, self.ledger.here
        self.give_up(event.t)
        if held is None:
            return
        conversation, message, user = event.conversation, event.message, held.access.user
        for mark in self._unknown.pop((conversation, event.seq), ()):
            known = mark._replace(message=message)
            if mark.user != user or event.t > mark.t + ledger.skew:
                self._compare(known, ledger.message, index)
        if self.waiting:
            read = (conversation, message, user)
            self.waiting = deque(
                mark for mark in self.waiting
                if (mark.conversation, mark.message, mark.user) != read or mark.t + ledger.skew < event.t
            )  # fmt: skip
