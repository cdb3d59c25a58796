"""Placeholders, as clients know them: where the content can be had, a placeholder is not the end.

    1. a phone is restored, and its keys are old: every new message is 'cannot be decrypted', for ever
    2. an app is updated while a placeholder is on its screen, and nobody looks at that again
    3. one of two phones of the same version shows a placeholder, the other one the content

Requirements: G1, P16, P23, V1, V2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from model.events import (
    AppUpdated,
    Connected,
    DeviceRegistered,
    Disconnected,
    LoggedOut,
    MemberLeft,
    PlaceholderReplaced,
    Shown,
    Slept,
    Wiped,
)
from properties.base import Debt, Liveness, Violation, sees
from properties.conversation import Held
from properties.ledger import LIVES, TURNS, Ledger
from sim.history import Crashed

_ALL = frozenset(("*",))


class PlaceholdersAreReplaced(Liveness):
    """After healing, no connected device still shows a placeholder for what an app that knows no more than its own shows.

    Owed by each placeholder, from the time on at which some device shows the message in full whose payload types are all known
    to this one too (`*`: all there are, and that is what a device knows that doesn't say), until it is replaced, or shown
    in full after a wipe. A device that is not connected, asleep or dead owes nothing as long as it is (in another system's
    history it is unknown at the end: *not shown*), and neither does a user who is a member no more. Constant work for each
    message; for a placeholder, as much as the conversation has devices; for an update, as many as there are placeholders.
    """

    name: ClassVar[str] = "placeholders-are-replaced"
    family: ClassVar[str] = "compatibility"
    anomalies: ClassVar[tuple[str, ...]] = ("unreadable content",)
    rests_on = (*LIVES, *TURNS)
    optional = (PlaceholderReplaced, AppUpdated, Slept, Crashed, LoggedOut)
    numbers = False

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._knows: dict[str, frozenset[str]] = {}
        """By device: the payload types that its app knows."""
        self._waiting: dict[tuple[str, str], dict[Held, int]] = {}
        """By conversation and message: who shows a placeholder for it, with the event that says so."""
        self._seen: dict[tuple[str, str], dict[frozenset[str], int]] = {}
        """The same: what the apps know that show it in full, each with an event. Only of what somebody has as a placeholder."""
        self._in_part: dict[tuple[str, str], dict[str, None]] = {}
        """The same: the devices that show something else instead, its simpler form or nothing."""
        self._due: dict[Held, dict[str, int]] = {}
        """By device and conversation, the messages that are owed, with the event by which they are."""
        self._away: dict[str, None] = {}

    @sees(DeviceRegistered)
    def on_registered(self, event: DeviceRegistered, index: int) -> None:
        self._knows[event.device] = frozenset(event.capabilities)
        if self.ledger.exported:
            self._away[event.device] = None

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        if not (event.placeholder or self._waiting or event.simpler or event.hidden):
            return
        held, what = self.ledger.here, (event.conversation, event.message)
        if held is None:
            return
        if event.simpler or event.hidden:
            self._replace(held, what)
            self._in_part.setdefault(what, {})[event.device] = None
        elif event.placeholder:
            if what not in self._seen:
                self._seen[what] = self._shown_by(what)
            self._waiting.setdefault(what, {}).setdefault(held, index)
            self._compare(held, what)
        elif what in self._waiting:
            self._replace(held, what)
            self._in_full(event.device, what, index)

    def _shown_by(self, what: tuple[str, str]) -> dict[frozenset[str], int]:
        """What the apps know that show the message in full, when the first placeholder for it appears."""
        seen: dict[frozenset[str], int] = {}
        in_part = self._in_part.get(what, {})
        for other in self.ledger.logs[what[0]].everyone:
            shown = other.first.get(what[1])
            if shown is not None and other.device not in in_part:
                seen.setdefault(self._knows.get(other.device, _ALL), shown)
        return seen

    @sees(PlaceholderReplaced)
    def on_replaced(self, event: PlaceholderReplaced, index: int) -> None:
        held, what = self.ledger.held.get((event.device, event.conversation)), (event.conversation, event.message)
        if held is not None and what in self._waiting:
            self._replace(held, what)
            self._in_full(event.device, what, index)

    def _in_full(self, device: str, what: tuple[str, str], index: int) -> None:
        """A device shows in full what others have as a placeholder."""
        knows, seen = self._knows.get(device, _ALL), self._seen[what]
        if knows not in seen:
            seen[knows] = index
            for held in self._waiting[what]:
                self._compare(held, what)

    def _compare(self, held: Held, what: tuple[str, str]) -> None:
        """Whether the device could show the message, as far as is known now."""
        mine = self._knows.get(held.device, _ALL)
        by = next((index for theirs, index in self._seen[what].items() if "*" in mine or theirs <= mine), None)
        due = self._due.get(held, {})
        if by is not None:
            self.tested += what[1] not in due
            self._due.setdefault(held, due).setdefault(what[1], by)
        elif due.pop(what[1], None) is not None and not due:
            del self._due[held]

    def _replace(self, held: Held, what: tuple[str, str]) -> None:
        waiting, due = self._waiting.get(what, {}), self._due.get(held, {})
        waiting.pop(held, None)
        if due.pop(what[1], None) is not None and not due:
            del self._due[held]

    @sees(AppUpdated)
    def on_update(self, event: AppUpdated, index: int) -> None:
        self._knows[event.device] = frozenset(event.capabilities)
        for what, waiting in self._waiting.items():
            held = self.ledger.held.get((event.device, what[0]))
            if held in waiting:
                self._compare(held, what)

    @sees(Wiped)
    def on_wiped(self, event: Wiped, index: int) -> None:
        for held in self.ledger.renewed:
            if held.older is not None:
                self._forget(held.older)

    @sees(MemberLeft)
    def on_left(self, event: MemberLeft, index: int) -> None:
        """What a user shows who is a member no more stays as it is."""
        for device in self.ledger.devices_of.get(event.user, ()):
            held = self.ledger.held.get((device, event.conversation))
            if held is not None:
                self._forget(held)

    def _forget(self, held: Held) -> None:
        self._due.pop(held, None)
        for waiting in self._waiting.values():
            waiting.pop(held, None)

    @sees(Disconnected, Slept, Crashed, LoggedOut)
    def on_away(self, event: Disconnected | Slept | Crashed | LoggedOut, index: int) -> None:
        device = event.node if isinstance(event, Crashed) else event.device
        if device in self._knows:
            self._away[device] = None

    @sees(Connected)
    def on_connected(self, event: Connected, index: int) -> None:
        self._away.pop(event.device, None)

    def owed(self) -> int:
        return sum(len(due) for held, due in self._due.items() if held.device not in self._away)

    def missing(self) -> Iterator[Debt]:
        return self._debts(away=False)

    def out_of_sight(self) -> Iterator[Debt]:
        return self._debts(away=True) if self.ledger.exported else iter(())

    def _debts(self, *, away: bool) -> Iterator[Debt]:
        for held, due in self._due.items():
            if (held.device in self._away) == away:
                for message, by in due.items():
                    since = self._waiting[held.log.name, message][held]
                    what = f"{held.device} still shows a placeholder for {message} of {held.log.name}"
                    yield Debt(
                        f"{what}, which others show in full", tuple(sorted((since, by))), held.device, held.log.name
                    )
