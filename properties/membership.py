"""Membership: who is in a conversation is part of its own order, and nothing crosses that line.

    1. a leave is sequenced while a send of the one who leaves is under way: the send comes after it, and is refused
    2. a task is worked on after a join: the new member does not get what was said before
    3. a sync, a cache or a list of recipients is older than a leave: it must not hand out what came after
    4. somebody is removed, and each digest goes on telling that there is more: no word of it, but that they talk, and how much

Requirements: P13.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import (
    ConversationOpened,
    DeviceRegistered,
    MemberJoined,
    MemberLeft,
    Persisted,
    SendAttempted,
    Shown,
    SyncPageReceived,
)
from properties.base import Property, Violation, sees
from properties.ledger import Ledger


class SendersAreMembers(Property):
    """Nothing is accepted from somebody who is not a member at that place of the conversation.

    Proof of a violation: a commit whose sender has not joined, or has left by a row before it.
    """

    name: ClassVar[str] = "senders-are-members"
    family: ClassVar[str] = "membership"
    anomalies: ClassVar[tuple[str, ...]] = ("membership leak",)
    rests_on = (MemberJoined,)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._left: dict[tuple[str, str], int] = {}

    @sees(MemberLeft)
    def on_left(self, event: MemberLeft, index: int) -> None:
        self._left[event.conversation, event.user] = index

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        if log is None:
            return
        self.tested += 1
        if event.sender not in log.members:
            self.violated(
                f"{event.message} of {event.sender} was accepted as {event.conversation} {event.seq}, "
                f"but {event.sender} is not a member there",
                self._left.get((event.conversation, event.sender)),
                index,
            )


class MembershipTakesTurns(Property):
    """Who joins was not a member, and who leaves was one.

    Proof of a violation: a MemberJoined of a member, or a MemberLeft of somebody who is none.
    """

    name: ClassVar[str] = "membership-takes-turns"
    family: ClassVar[str] = "membership"
    anomalies: ClassVar[tuple[str, ...]] = ("membership leak",)
    rests_on = (ConversationOpened,)
    numbers = False

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._last: dict[tuple[str, str], tuple[bool, int]] = {}

    @sees(MemberJoined, MemberLeft)
    def on_change(self, event: MemberJoined | MemberLeft, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        if log is None:
            return
        self.tested += 1
        joins = isinstance(event, MemberJoined)
        who = (event.conversation, event.user)
        inside, before = self._last.get(who, (event.user in log.began, -1))
        if inside == joins:
            self.violated(
                f"{event.user} {'joined' if joins else 'left'} {event.conversation} at {event.seq}, "
                f"being {'a member' if inside else 'no member'}",
                before,
                index,
            )
        self._last[who] = (joins, index)


class NothingNewAfterLeaving(Property):
    """Who has left is shown nothing that was sent after that.

    Proof of a violation: a Shown on a device of a user who is no member, of a message whose SendRequested came after the
    MemberLeft; by more than the clocks may be apart. Unlike shown-to-members it needs no seq, and so it can't tell of what
    was under way when the user left.
    """

    name: ClassVar[str] = "nothing-new-after-leaving"
    family: ClassVar[str] = "membership"
    anomalies: ClassVar[tuple[str, ...]] = ("membership leak",)
    rests_on = (SendAttempted, ConversationOpened, DeviceRegistered, MemberJoined, MemberLeft)
    numbers = False

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        held, sent = self.ledger.here, self.ledger.message
        if held is None or sent is None or held.access.left_index < 0:
            return
        self.tested += 1
        access, request = held.access, sent.request
        if not access.member and access.left_index < request.index and access.left_t + self.ledger.skew < request.t:
            self.violated(
                f"{event.device} showed {event.message} of {event.conversation}, which was sent after {access.user} had left",
                access.left_index,
                request.index,
                index,
            )


class HeadsStayInside(Property):
    """Who has left is told of nothing that came after: that the others go on talking is theirs to know.

    Proof of a violation: a SyncPageReceived by a device of a user who is no member, whose head is above the MemberLeft's seq,
    and above what it says the user may read. No page that was made before the leave can say so, however late it comes. Where
    clocks differ it is not judged: the user may have come back before the page was made.
    """

    name: ClassVar[str] = "heads-stay-inside"
    family: ClassVar[str] = "membership"
    anomalies: ClassVar[tuple[str, ...]] = ("membership leak",)
    rests_on = (DeviceRegistered,)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._left: dict[tuple[str, str], tuple[int, int]] = {}
        """By conversation and user who left it: the highest head that may be told, and the event that says so."""

    @sees(MemberLeft)
    def on_left(self, event: MemberLeft, index: int) -> None:
        self._left[event.conversation, event.user] = (max(event.seq, event.reads_to), index)

    @sees(MemberJoined)
    def on_joined(self, event: MemberJoined, _: int) -> None:
        self._left.pop((event.conversation, event.user), None)

    @sees(SyncPageReceived)
    def on_page(self, event: SyncPageReceived, index: int) -> None:
        user = self.ledger.user_of.get(event.device, "")
        last, left = self._left.get((event.conversation, user), (0, -1))
        if left < 0 or self.ledger.skew:
            return
        self.tested += 1
        if event.head > last:
            self.violated(
                f"{event.device} is told that {event.conversation} has {event.head}, but {user} left it and may know of "
                f"{last}",
                left,
                index,
            )
