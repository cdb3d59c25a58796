"""Who types is shown to be typing, to whoever is there to see it.

    1. the signal is sent, and nobody is told: typing is never shown, and so needs no end
    2. a device has just connected, and the registry does not know it yet: it is told of the next signal
    3. it is shown already: a further signal only makes it last

Requirements: P14, G3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from model.events import (
    ConversationOpened,
    DeviceRegistered,
    MemberLeft,
    SessionDropped,
    Slept,
    Typed,
    TypingCleared,
    TypingShown,
)
from properties.access import Access
from properties.base import Violation, sees
from properties.ledger import TURNS, Ledger
from properties.reaching import Reaching
from sim.history import Crashed


class Signal(NamedTuple):
    """Somebody types: by which device, which user, in which conversation, when (µs), and the index of the event."""

    device: str
    user: str
    conversation: str
    t: int
    by: int


class TypingIsShown(Reaching):
    """Who types in a conversation is shown as typing to its other members, within the bound.

    Asked of a device that has been connected and known to the session registry for a moment, while nothing is disturbed
    anywhere, nor has been for as long as an election may take, and of a conversation that is not too large for such signals.
    Members that come or go meanwhile are not asked. Proof of a violation: the Typed, and that no TypingShown follows in time.
    """

    name: ClassVar[str] = "typing-is-shown"
    family: ClassVar[str] = "presence"
    anomalies: ClassVar[tuple[str, ...]] = ("lost typing",)
    rests_on = (DeviceRegistered, *TURNS)

    within: ClassVar[int] = 5_000_000
    """µs: two questions of a second at most, and what they and the signal take."""
    settled: ClassVar[int] = 30_000_000
    """µs: for so long nothing may have been disturbed, so that whoever is asked is known."""
    moment: ClassVar[int] = 2_000_000
    """µs: for so long those concerned must have been connected, and been members."""
    most: ClassVar[int] = 100
    """In conversations with more devices nobody is told who types."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._showing: dict[str, dict[tuple[str, str], None]] = {}
        self._due: dict[tuple[str, str, str], Signal] = {}
        """What is to be shown, by device, conversation and user."""
        self._large: dict[str, None] = {}

    @sees(ConversationOpened)
    def on_conversation(self, event: ConversationOpened, index: int) -> None:
        if not event.presence:
            self._large[event.conversation] = None

    @sees(Typed)
    def on_typed(self, event: Typed, index: int) -> None:
        self.settle(event.t, index)
        user, log = self.ledger.user_of.get(event.device), self.ledger.logs.get(event.conversation)
        calm = self.calm.everywhere()
        if user is None or log is None or calm is None or event.conversation in self._large:
            return
        if (calm >= 0 and calm + self.settled > event.t) or not self._there(event.device, event.t):
            return
        members = [access for access in log.access.values() if self._is_member(access, event.t)]
        devices = [
            (access.user, device) for access in members for device in self.ledger.devices_of.get(access.user, ())
        ]
        if len(devices) > self.most or all(access.user != user for access in members):
            return
        for other, device in devices:
            what = (event.conversation, user)
            if other != user and what not in self._showing.get(device, ()) and self._there(device, event.t):
                self._due.setdefault((device, *what), Signal(event.device, user, event.conversation, event.t, index))

    def _there(self, device: str, t: int) -> bool:
        way = self.way(device)
        return way is not None and way.t + self.moment <= t

    def _is_member(self, access: Access, t: int) -> bool:
        return access.member and (access.joined_index < 0 or access.joined_t + self.moment <= t)

    @sees(TypingShown)
    def on_shown(self, event: TypingShown, index: int) -> None:
        self.settle(event.t, index)
        self._showing.setdefault(event.device, {})[event.conversation, event.user] = None
        if self._due.pop((event.device, event.conversation, event.user), None) is not None:
            self.tested += 1

    @sees(TypingCleared)
    def on_cleared(self, event: TypingCleared, _: int) -> None:
        self._showing.get(event.device, {}).pop((event.conversation, event.user), None)

    @sees(Slept, Crashed)
    def on_over(self, event: Slept | Crashed, _: int) -> None:
        self._showing.pop(event.device if isinstance(event, Slept) else event.node, None)

    # --- who is asked no more ----------------------------------------------------------------------------------------------

    def away(self, device: str) -> None:
        self._drop(lambda reader, signal: device in (reader, signal.device))

    @sees(SessionDropped)
    def on_dropped(self, event: SessionDropped, index: int) -> None:
        self.settle(event.t, index)
        self.away(event.device)

    @sees(MemberLeft)
    def on_left(self, event: MemberLeft, index: int) -> None:
        self.settle(event.t, index)
        gone = (event.user, event.conversation)
        self._drop(
            lambda reader, signal: (
                gone in ((signal.user, signal.conversation), (self._user(reader), signal.conversation))
            )
        )

    def _user(self, device: str) -> str:
        return self.ledger.user_of[device]

    def _drop(self, concerns: Callable[[str, Signal], bool]) -> None:
        for due in [due for due, signal in self._due.items() if concerns(due[0], signal)]:
            del self._due[due]

    def settle(self, t: int, index: int) -> None:
        if not self._due:
            return
        calm = self.calm.everywhere()
        for due, signal in list(self._due.items()):
            if calm is None or calm >= signal.t:
                del self._due[due]
            elif signal.t + self.within < t:
                del self._due[due]
                self.tested += 1
                self.violated(
                    f"{due[0]} does not show that {signal.user} types in {signal.conversation} within "
                    f"{self.within / 1e6:g} s",
                    signal.by,
                    index,
                )
