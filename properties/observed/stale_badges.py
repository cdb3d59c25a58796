"""The badge of what was read: it goes, once everything is quiet.

    1. ann reads all on her phone, and the badge still says 3
    2. the server counts for its apps, and never hears of the mark

Requirements: P8, P10, V1.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterator
from typing import ClassVar

from model.events import (
    Connected,
    Disconnected,
    MemberJoined,
    MemberLeft,
    ReadMarkMoved,
    SendAttempted,
    Shown,
    Slept,
    UnreadShown,
    Wiped,
)
from properties.base import Debt, Liveness, Violation, sees
from properties.conversation import Held
from properties.ledger import LIVES, TURNS, Ledger
from sim.history import Crashed, Healed


class _Screen:
    """What of a conversation a device shows of others, and up to where its own mark has passed it."""

    __slots__ = ("at", "badge", "mark", "mark_index", "others", "passed", "unread")

    def __init__(self) -> None:
        self.at: dict[int, int] = {}
        """By seq of what is shown: how many messages of others are there, up to that one."""
        self.others: list[int] = []
        """The seqs of those of others, in their order."""
        self.mark = self.passed = self.unread = 0
        self.mark_index = self.badge = -1


class BadgesGoWithReading(Liveness):
    """After healing, no badge counts what the device's own read mark has passed.

    Owed by each device whose app runs, for each of its conversations: the number that its last UnreadShown says is no more
    than the messages of others that devices have tried to send there, without those that it shows up to its last
    ReadMarkMoved. Not judged of a conversation that is older than the record, or that anybody joined or left: rows that are
    no messages may count there. What was on the screen of an app that ended is on no screen any more. In another system's
    history a device that is not connected owes it only if it was, for as long as the system has to converge: the server may
    count for its apps. Constant work for each event, but for the end of an app.
    """

    name: ClassVar[str] = "badges-go-with-reading"
    family: ClassVar[str] = "receipts and unread"
    anomalies: ClassVar[tuple[str, ...]] = ("unread divergence: negative, ghost", "non-convergence")
    rests_on = (*LIVES, *TURNS)
    optional = (Connected, Disconnected, Slept, Crashed)
    numbers = False

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._screens: dict[Held, _Screen] = {}
        self._sent: dict[str, int] = {}
        self._own: dict[tuple[str, str], int] = {}
        """By conversation and user: how many messages went out. By conversation alone: of all users."""
        self._turned: dict[str, None] = {}
        self._wrong: dict[Held, int] = {}
        """Since when, in µs."""
        self._of: dict[str, list[Held]] = {}
        self._left: dict[str, int] = {}
        """By device that is not connected: since when, in µs."""
        self._healed, self._bound = 0, 0

    def _screen(self, held: Held) -> _Screen:
        screen = self._screens.get(held)
        if screen is None:
            screen = self._screens[held] = _Screen()
            self._of.setdefault(held.device, []).append(held)
        return screen

    def _possible(self, held: Held, screen: _Screen) -> int:
        name = held.log.name
        return self._sent.get(name, 0) - self._own.get((name, held.access.user), 0) - screen.passed

    def _compare(self, held: Held, screen: _Screen, t: int) -> None:
        if screen.unread > self._possible(held, screen):
            self._wrong.setdefault(held, t)
        else:
            self._wrong.pop(held, None)

    @sees(MemberJoined, MemberLeft)
    def on_turn(self, event: MemberJoined | MemberLeft, _: int) -> None:
        self._turned[event.conversation] = None

    @sees(SendAttempted)
    def on_attempted(self, event: SendAttempted, index: int) -> None:
        sent = self.ledger.message
        if sent is not None and sent.index == index:
            name, user = event.conversation, self.ledger.user_of.get(event.device, "")
            self._sent[name] = self._sent.get(name, 0) + 1
            self._own[name, user] = self._own.get((name, user), 0) + 1
            for held in [held for held in self._wrong if held.log.name == name]:
                self._compare(held, self._screens[held], event.t)

    @sees(Shown)
    def on_shown(self, event: Shown, _: int) -> None:
        held, sent = self.ledger.here, self.ledger.message
        if held is None or sent is None:
            return
        screen = self._screens.get(held) or self._screen(held)
        if event.seq in screen.at:
            return
        if self.ledger.user_of.get(sent.request.device) != held.access.user:
            others = screen.others
            if not others or event.seq > others[-1]:
                others.append(event.seq)
            else:
                insort(others, event.seq)
        screen.at[event.seq] = len(screen.others)
        if screen.mark >= event.seq:
            self._pass(held, screen, event.t)

    @sees(ReadMarkMoved)
    def on_mark(self, event: ReadMarkMoved, index: int) -> None:
        held = self.ledger.held.get((event.device, event.conversation))
        if held is not None:
            screen = self._screen(held)
            screen.mark, screen.mark_index = event.to, index
            self._pass(held, screen, event.t)

    def _pass(self, held: Held, screen: _Screen, t: int) -> None:
        if self.ledger.opaque:
            screen.passed = screen.at.get(screen.mark, 0)
        else:
            screen.passed = bisect_right(screen.others, screen.mark)
        self._compare(held, screen, t)

    @sees(UnreadShown)
    def on_badge(self, event: UnreadShown, index: int) -> None:
        held = self.ledger.held.get((event.device, event.conversation))
        if held is not None:
            self.tested += 1
            screen = self._screen(held)
            screen.unread, screen.badge = event.unread, index
            self._compare(held, screen, event.t)

    @sees(Slept, Crashed, Wiped)
    def on_app_over(self, event: Slept | Crashed | Wiped, _: int) -> None:
        device = event.node if isinstance(event, Crashed) else event.device
        for held in self._of.get(device, ()):
            self._screens[held].unread = 0
            self._wrong.pop(held, None)

    @sees(Connected, Disconnected)
    def on_connection(self, event: Connected | Disconnected, _: int) -> None:
        if isinstance(event, Connected):
            self._left.pop(event.device, None)
        else:
            self._left.setdefault(event.device, event.t)

    @sees(Healed)
    def on_healed(self, event: Healed, _: int) -> None:
        self._healed, self._bound = event.t, event.bound

    def _had_its_time(self, held: Held, since: int) -> bool:
        left = self._left.get(held.device)
        return not self.ledger.exported or left is None or left >= max(since, self._healed) + self._bound

    def owed(self) -> int:
        return sum(1 for _ in self.missing()) if self._wrong else 0

    def missing(self) -> Iterator[Debt]:
        for held, since in self._wrong.items():
            log, screen = held.log, self._screens[held]
            if log.base or not log.begun or log.name in self._turned or not self._had_its_time(held, since):
                continue
            possible = max(0, self._possible(held, screen))
            what = f"{held.device} shows {screen.unread} unread in {log.name}, of at most {possible} above its own read mark"
            yield Debt(what, (screen.mark_index, screen.badge), held.device, log.name)
