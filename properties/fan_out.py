"""Fan-out: every recipient has the inbox row that was chosen, nobody else has one, and a large group pays for none.

    1. the inbox is written for half of the members, the worker dies, the task is closed all the same: the other half
       never hears of the message by a digest
    2. a member leaves while the rows are written: who left gets none of what follows
    3. a group has grown past the threshold, and still each message is written once for each member

Requirements: P11, P12, P13, D9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from model.events import FanOutChosen, InboxStored, ListedInLog, MemberJoined, MemberLeft, Persisted, PolicyDeclared
from properties.base import Debt, Liveness, Property, Violation, sees
from properties.ledger import TURNS, Ledger


class InboxIsForMembers(Property):
    """An inbox row is written for those who may read the message, and for nobody else.

    Proof of a violation: an InboxStored for a user who is no member at the message's place.
    """

    name: ClassVar[str] = "inbox-is-for-members"
    family: ClassVar[str] = "fan-out"
    anomalies: ClassVar[tuple[str, ...]] = ("membership leak",)
    rests_on = TURNS

    @sees(InboxStored)
    def on_inbox(self, event: InboxStored, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        if log is None:
            return
        self.tested += 1
        access = log.access.get(event.user)
        if access is None or not access.reads(event.seq):
            self.violated(
                f"{event.conversation} {event.seq} is in the inbox of {event.user}, who is no member at that place",
                index,
            )


class NoRowsForLargeGroups(Property):
    """A message that is to have no row per recipient has none, whatever the size of the group was before.

    Proof of a violation: an InboxStored of a message whose FanOutChosen says that it gets no inbox rows.
    """

    name: ClassVar[str] = "no-rows-for-large-groups"
    family: ClassVar[str] = "fan-out"
    anomalies: ClassVar[tuple[str, ...]] = ("write amplification",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._without: dict[tuple[str, int], int] = {}

    @sees(FanOutChosen)
    def on_chosen(self, event: FanOutChosen, index: int) -> None:
        self.tested += 1
        if not event.inbox:
            self._without[event.conversation, event.seq] = index

    @sees(InboxStored)
    def on_inbox(self, event: InboxStored, index: int) -> None:
        chosen = self._without.get((event.conversation, event.seq))
        if chosen is not None:
            self.violated(
                f"{event.conversation} {event.seq} is in the inbox of {event.user}, but was to have no row per recipient",
                chosen,
                index,
            )


class HotGroupsPayNoRows(Property):
    """A message to as many members as the deployment declares, or more, has no row written for each recipient.

    Proof of a violation: an InboxStored of a message that was committed when the conversation had so many members, the one
    who joins or leaves by it included. What was chosen for the message (FanOutChosen) does not count.
    """

    name: ClassVar[str] = "hot-groups-pay-no-rows"
    family: ClassVar[str] = "fan-out"
    anomalies: ClassVar[tuple[str, ...]] = ("write amplification",)
    rests_on = TURNS

    policy: ClassVar[str] = "no inbox rows from so many members on"

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._from = 0
        self._hot: dict[tuple[str, int], tuple[int, int]] = {}
        """By conversation and seq: how many members there were, and the commit."""

    @sees(PolicyDeclared)
    def on_declared(self, event: PolicyDeclared, index: int) -> None:
        if event.policy == self.policy:
            self._from = event.value

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        if log is None or not self._from:
            return
        members = len(log.members) + (event.kind == "join")
        if members >= self._from:
            self.tested += 1
            self._hot.setdefault((event.conversation, event.seq), (members, index))

    @sees(InboxStored)
    def on_inbox(self, event: InboxStored, index: int) -> None:
        hot = self._hot.get((event.conversation, event.seq))
        if hot is not None:
            self.violated(
                f"{event.conversation} {event.seq}, to {hot[0]:,} members, is in the inbox of {event.user}: from {self._from:,} "
                "members on no message is to have a row for each",
                hot[1],
                index,
            )


class InboxIsComplete(Liveness):
    """After healing, every recipient of a message that gets inbox rows has one.

    Owed from FanOutChosen on for each member at that place, and for who joins by that very row, until the InboxStored,
    or until a ListedInLog of the message: then digests tell of it without the inbox.
    """

    name: ClassVar[str] = "inbox-is-complete"
    family: ClassVar[str] = "fan-out"
    anomalies: ClassVar[tuple[str, ...]] = ("lost write", "non-convergence")

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._open: dict[tuple[str, int], dict[str, int]] = {}
        self._early: set[tuple[str, str, int]] = set()

    @sees(FanOutChosen)
    def on_chosen(self, event: FanOutChosen, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        place = (event.conversation, event.seq)
        if log is not None and event.inbox and place not in self._open:
            self.tested += 1
            users = (user for user in log.members if (user, *place) not in self._early)
            self._open[place] = dict.fromkeys(users, index)

    @sees(MemberJoined)
    def on_joined(self, event: MemberJoined, index: int) -> None:
        open_ = self._open.get((event.conversation, event.seq))
        if open_ is not None:
            open_[event.user] = index

    @sees(MemberLeft)
    def on_left(self, event: MemberLeft, index: int) -> None:
        if event.reads_to < event.seq and (open_ := self._open.get((event.conversation, event.seq))):
            open_.pop(event.user, None)

    @sees(InboxStored)
    def on_inbox(self, event: InboxStored, index: int) -> None:
        place = (event.conversation, event.seq)
        open_ = self._open.get(place)
        if open_ is None:
            self._early.add((event.user, *place))
            return
        open_.pop(event.user, None)
        if not open_:
            del self._open[place]

    @sees(ListedInLog)
    def on_listed(self, event: ListedInLog, index: int) -> None:
        self._open.pop((event.conversation, event.seq), None)

    def owed(self) -> int:
        return len(self._open)

    def missing(self) -> Iterator[Debt]:
        for (conversation, seq), users in self._open.items():
            for user, index in users.items():
                yield Debt(f"{conversation} {seq} never came into the inbox of {user}", (index,), "", conversation)
