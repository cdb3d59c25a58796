"""Who types is told to the others who are in the conversation: not to who was, and not to themselves.

    1. somebody is removed, and a list of recipients that is older goes on being told who types
    2. a signal is under way when its reader leaves, and arrives: nobody can take it back
    3. it waits at a node that stands still, and arrives a minute later: that is no sign of a wrong list
    4. somebody types on the phone, and the laptop says so: the list is of members, and who types is one

Requirements: P13, P14.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import DeviceRegistered, TypingShown
from properties.base import Property, Violation, sees
from properties.ledger import TURNS, Ledger
from sim.history import MessageDelayed, Paused, Resumed


class TypingStaysInside(Property):
    """Nobody who has left a conversation is shown that others type in it, and nobody sees them type who has left.

    A signal may be under way when its reader leaves, for as long as such a signal lives. Proof of a violation: a TypingShown
    more than that after a MemberLeft of the device's user, or of who types, with no MemberJoined since; by more than the
    clocks may be apart. What is shown within that time after a node stood still, or after a message was held up, may be old,
    and is not judged.
    """

    name: ClassVar[str] = "typing-stays-inside"
    family: ClassVar[str] = "presence"
    anomalies: ClassVar[tuple[str, ...]] = ("membership leak", "ghost typing")
    rests_on = TURNS
    numbers = False

    life: ClassVar[int] = 30_000_000
    """µs: how long a signal may be under way, and shown without being confirmed."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._still: set[str] = set()
        """The nodes that stand still."""
        self._old_until = 0
        """µs: what is shown up to then may be older than a signal lives."""

    @sees(Paused)
    def on_paused(self, event: Paused, _: int) -> None:
        self._still.add(event.node)

    @sees(Resumed)
    def on_resumed(self, event: Resumed, _: int) -> None:
        self._still.discard(event.node)
        self._old_until = max(self._old_until, event.t + self.life)

    @sees(MessageDelayed)
    def on_delayed(self, event: MessageDelayed, _: int) -> None:
        self._old_until = max(self._old_until, event.t + event.delay + self.life)

    @sees(TypingShown)
    def on_typing(self, event: TypingShown, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        if log is None or self._still or event.t <= self._old_until:
            return
        self.tested += 1
        for user in (self.ledger.user_of.get(event.device, ""), event.user):
            access = log.access.get(user)
            if access is None or access.member or access.left_t + self.life + self.ledger.skew >= event.t:
                continue
            self.violated(
                f"{event.device} shows that {event.user} is typing in {event.conversation}, which {user} had left",
                access.left_index,
                index,
            )


class TypingIsOfOthers(Property):
    """Nobody is shown that they type themselves: the signal is for the others, whichever of their devices they type on.

    Proof of a violation: a TypingShown on a device of the user who types.
    """

    name: ClassVar[str] = "typing-is-of-others"
    family: ClassVar[str] = "presence"
    anomalies: ClassVar[tuple[str, ...]] = ("ghost typing",)
    rests_on = (DeviceRegistered,)
    numbers = False

    @sees(TypingShown)
    def on_typing(self, event: TypingShown, index: int) -> None:
        user = self.ledger.user_of.get(event.device)
        if user is None:
            return
        self.tested += 1
        if user == event.user:
            self.violated(f"{event.device} shows that its own user {user} is typing in {event.conversation}", index)
