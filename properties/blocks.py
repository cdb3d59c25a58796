"""Blocks: whom a user blocks is not seen any more, in no conversation and on no device.

    1. blocked on the phone, and the laptop goes on to show what the blocked user writes
    2. nothing is shown, and the badge counts it, or a notification says that there is something
    3. a block is taken back, and one store partition never hears of it
    4. what a user writes is hidden who was blocked once, and is no longer

Requirements: P23, V1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from model.events import (
    BlockAsked,
    BlockStored,
    ConversationOpened,
    HandedToNotification,
    PageShown,
    PlaceholderReplaced,
    Pushed,
    Shown,
    Wiped,
)
from properties.base import Debt, Liveness, Property, Violation, sees
from properties.ledger import ROWS, TURNS, Ledger


class BlockedIsNotShown(Property):
    """What a blocked user writes is shown, pushed and notified to no device of who blocks: its place is passed, and that is all.

    A message is hidden from the members who had blocked its sender when it was committed, by the BlockStored of its
    conversation. Proof of a violation: a Shown of it without `hidden`, or a Pushed, HandedToNotification or
    PlaceholderReplaced of it, or a PageShown with its content, on a device of such a member; and a Shown with `hidden` on any
    other one.
    """

    name: ClassVar[str] = "blocked-is-not-shown"
    family: ClassVar[str] = "privacy"
    anomalies: ClassVar[tuple[str, ...]] = ("blocked sender",)
    rests_on = (BlockStored, *ROWS, *TURNS)

    @sees(Shown, Pushed, HandedToNotification, PlaceholderReplaced)
    def on_seen(self, event: Shown | Pushed | HandedToNotification | PlaceholderReplaced, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        passed = isinstance(event, Shown) and event.hidden
        if log is None or not (log.hidden or passed):
            return
        blockers = log.hidden.get(event.seq, {})
        user = self.ledger.user_of.get(event.device, "")
        self.tested += user in blockers
        what = f"{log.name} {event.seq}"
        if passed and user not in blockers:
            self.violated(f"{event.device} hides {what}, whose sender {user} has not blocked", index)
        elif user in blockers and not passed:
            how = {Pushed: "is pushed", HandedToNotification: "is notified of"}.get(type(event), "shows")
            self.violated(f"{event.device} {how} {what}, whose sender {user} has blocked", blockers[user], index)

    @sees(PageShown)
    def on_page(self, event: PageShown, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        if log is None or not log.hidden:
            return
        user = self.ledger.user_of.get(event.device, "")
        for seq, content in zip(event.seqs, event.contents, strict=False):
            if content and user in log.hidden.get(seq, {}):
                what = f"{event.device} shows {log.name} {seq} in a page, whose sender {user} has blocked"
                self.violated(what, log.hidden[seq][user], index)


class BlocksAreKept(Liveness):
    """After healing, what was asked about another user last on a device has been stored for each conversation, and for all alike.

    Owed from each BlockAsked by each conversation until a BlockStored of it, or of a later one of the device about that user, or
    of one of another device whose `number` is no lower than that under which it was stored elsewhere; and by each conversation
    whose last BlockStored is not the one of the highest `number` and, of equal numbers, of the last device. What a device had not
    brought to the store until it was wiped is forgotten with it. A conversation that is younger owes the newest.
    """

    name: ClassVar[str] = "blocks-are-kept"
    family: ClassVar[str] = "privacy"
    anomalies: ClassVar[tuple[str, ...]] = ("lost block", "non-convergence")

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._asked: dict[tuple[str, str], tuple[int, int]] = {}
        """By device and blocked user: the last wish, and its event."""
        self._stored: dict[tuple[str, str, str], int] = {}
        """By device, blocked user and conversation: the last wish that was stored."""
        self._taken: dict[tuple[str, str], tuple[int, int]] = {}
        """By device and blocked user: the last wish that was stored anywhere, and the highest number under which it was."""
        self._number: dict[tuple[str, str], dict[str, tuple[int, str, int]]] = {}
        """By user and blocked user, and conversation: the number, the device, and its event."""
        self._opened: dict[str, int] = {}

    @sees(BlockAsked)
    def on_asked(self, event: BlockAsked, index: int) -> None:
        self.tested += 1
        self._asked[event.device, event.blocked] = (event.ask, index)

    @sees(BlockStored)
    def on_stored(self, event: BlockStored, index: int) -> None:
        numbers = self._number.setdefault((event.user, event.blocked), {})
        which = (event.device, event.blocked)
        self._taken[which] = max(self._taken.get(which, (0, 0)), (event.ask, event.number))
        for conversation in event.conversations:
            self._stored[event.device, event.blocked, conversation] = event.ask
            numbers[conversation] = (event.number, event.device, index)

    @sees(ConversationOpened)
    def on_opened(self, event: ConversationOpened, index: int) -> None:
        self._opened[event.conversation] = index

    @sees(Wiped)
    def on_wiped(self, event: Wiped, _: int) -> None:
        for which in [which for which in self._asked if which[0] == event.device]:
            del self._asked[which]
        for place in [place for place in self._stored if place[0] == event.device]:
            del self._stored[place]
        for which in [which for which in self._taken if which[0] == event.device]:
            del self._taken[which]

    def owed(self) -> int:
        return sum(1 for _ in self.missing())

    def missing(self) -> Iterator[Debt]:
        for (device, blocked), (ask, index) in self._asked.items():
            taken, number = self._taken.get((device, blocked), (0, 0))
            numbers = self._number.get((self.ledger.user_of.get(device, ""), blocked), {})
            for conversation in self.ledger.logs:
                before = index < self._opened.get(conversation, -1)
                holds, whose, _ = numbers.get(conversation, (0, device, -1))
                passed = taken == ask and holds >= number and whose != device
                if not (before or passed) and self._stored.get((device, blocked, conversation), 0) < ask:
                    what = f"what {device} asked about {blocked} is not stored for {conversation}"
                    yield Debt(what, (index,), device, conversation)
        for (user, blocked), numbers in self._number.items():
            newest = max(numbers.values(), default=(0, "", -1))
            own = tuple(device for device, whose in self.ledger.user_of.items() if whose == user)
            for conversation in self.ledger.logs:
                if numbers.get(conversation, (0, "", -1))[:2] < newest[:2]:
                    what = f"{conversation} has not the newest of what {user} asked about {blocked}"
                    yield Debt(what, newest[2:], "", conversation, bearers=own)
