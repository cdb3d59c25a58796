"""Membership: who is in a conversation is part of its own order, and nothing crosses that line.

    1. a leave is sequenced while a send of the one who leaves is under way: the send comes after it, and is refused
    2. a task is worked on after a join: the new member does not get what was said before
    3. a sync, a cache or a list of recipients is older than a leave: it must not hand out what came after
    4. a phone is off when its user is removed, sends what waited, and is told that it is accepted
    5. somebody is removed, and each digest goes on telling that there is more: no word of it, but that they talk, and how much

Requirements: P13.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import ClassVar, NamedTuple

from model.events import (
    ConversationOpened,
    DeviceRegistered,
    MemberJoined,
    MemberLeft,
    Persisted,
    SendAccepted,
    SendAttempted,
    Shown,
    SyncPageReceived,
)
from properties.base import Property, Violation, sees
from properties.conversation import Log
from properties.deferred import Deferred
from properties.ledger import TURNS, Ledger


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


class _Deed(NamedTuple):
    """What somebody did at `t` who is in no conversation of that name, as far as is known."""

    t: int
    conversation: str
    user: str
    what: str
    evidence: tuple[int, ...]


class _Outside(Deferred[_Deed]):
    """Judges what is done by who is no member: at once, or where clocks differ, when no join can come that was before it."""

    def judge(self, t: int, log: Log, user: str, since: int, did: str, after: str, evidence: tuple[int, ...]) -> None:
        """At `t` a user did something that takes who was a member at `since`, in µs; or `after` an absence, in words."""
        access = log.access.get(user)
        if self.ledger.outside(access, since):
            how = f"in which {user} had never been" if access is None else after
            left = -1 if access is None else access.left_index
            self.suspect(_Deed(t, log.name, user, f"{did}, {how}", (left, *evidence)))

    def overdue(self, deed: _Deed) -> None:
        self.violated(deed.what, *deed.evidence)

    @sees(MemberJoined)
    def on_joined(self, event: MemberJoined, _: int) -> None:
        if self.waiting:
            who, since = (event.conversation, event.user), event.t - self.ledger.skew
            self.waiting = deque(d for d in self.waiting if (d.conversation, d.user) != who or d.t < since)


class NothingNewAfterLeaving(_Outside):
    """Who is not in a conversation is shown nothing of it: not what was sent after a leave, nor anything without a join.

    Proof of a violation: a Shown on a device of a user who is no member, of a message whose SendRequested came after the
    MemberLeft, or of any message that is known to be sent, if the user never was a member; by more than the clocks may be
    apart, and with no MemberJoined before it, by a clock that may be as far off. Unlike shown-to-members it needs no seq, and
    so it can't tell of what was under way when the user left. Of a conversation that is older than the record, only what was
    requested in the record is known not to be older.
    """

    name: ClassVar[str] = "nothing-new-after-leaving"
    family: ClassVar[str] = "membership"
    anomalies: ClassVar[tuple[str, ...]] = ("membership leak",)
    rests_on = (SendAttempted, ConversationOpened, DeviceRegistered, *TURNS)

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        ledger = self.ledger
        if self.waiting:
            self.give_up(event.t)
        sent, held = ledger.message, ledger.here
        if sent is None:
            return
        self.tested += 1
        if held is not None and held.access.member:
            return
        log, user = ledger.logs.get(event.conversation), ledger.user_of.get(event.device)
        if log is None or user is None or not ledger.in_record(log, sent):
            return
        request = sent.request
        did, after = f"showed {event.message} of {log.name}", f"which was sent after {user} had left"
        self.judge(event.t, log, user, request.t, f"{event.device} {did}", after, (request.index, index))


class OnlyMembersAreAccepted(_Outside):
    """Nobody is told that a message is accepted who was no member from before it went out until after the answer.

    Proof of a violation: a SendAccepted of a message that its device tried for the first time after the user's MemberLeft, or
    that of a user who never was a member; by more than the clocks may be apart, and with no MemberJoined before the answer, by
    a clock that may be as far off. What went out before the leave may have been written before it, however late the answer
    is. Of a conversation that is older than the record, only what was requested in the record is known not to be older.
    """

    name: ClassVar[str] = "only-members-are-accepted"
    family: ClassVar[str] = "membership"
    anomalies: ClassVar[tuple[str, ...]] = ("membership leak",)
    rests_on = (SendAttempted, ConversationOpened, DeviceRegistered, *TURNS)

    @sees(SendAccepted)
    def on_accepted(self, event: SendAccepted, index: int) -> None:
        ledger = self.ledger
        self.give_up(event.t)
        sent, log, user = ledger.message, ledger.logs.get(event.conversation), ledger.user_of.get(event.device)
        if sent is None or log is None or user is None or not ledger.in_record(log, sent):
            return
        self.tested += 1
        did, after = (
            f"was told that {event.message} is accepted in {log.name}",
            f"which {user} had left before it went out",
        )
        self.judge(event.t, log, user, sent.t, f"{event.device} {did}", after, (sent.index, index))


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
