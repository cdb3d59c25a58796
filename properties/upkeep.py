"""Upkeep: who is given up is really gone, and who comes back is welcome; what is stored twice says the same.

    1. a device has nothing to ack for a month, is then sent something, and is given up before it can answer
    2. a device that was given up is back, and nobody pushes to it any more
    3. a cursor moves by five messages, and one of them gets its status row
    4. what was kept of a device is given up, and what it says when it comes back is taken for an old story

Requirements: P9, P10.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from model.events import (
    Connected,
    CursorStored,
    DeviceCleaned,
    DeviceReturned,
    DeviceStuck,
    FillerPersisted,
    LoggedOut,
    Persisted,
    PolicyDeclared,
    ReadStored,
    StatusStored,
    TokenRegistered,
    TokenRemoved,
)
from properties.base import Debt, Liveness, Property, Violation, sees
from properties.ledger import LIVES, TURNS, Ledger
from sim.history import ClockSet


class StuckIsSilent(Property):
    """Only a device that was silent for long enough, while something waited for it, is reported as stuck.

    Proof of a violation: a DeviceStuck of a device whose stored cursor is at the head, or moved less than `limit` µs ago, or
    that lacks nothing that was committed so long ago. What was there before the history begins is old enough. `limit` is
    counted by the store's clock: one that has ever gained may be that much early.
    """

    name: ClassVar[str] = "stuck-is-silent"
    family: ClassVar[str] = "upkeep"
    anomalies: ClassVar[tuple[str, ...]] = ("premature clean-up",)
    rests_on = (*LIVES, *TURNS)
    optional = (ClockSet,)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._gains: dict[str, int] = {}
        """By node: how many µs a second its clock has gained at most."""
        self._committed: dict[tuple[str, int], tuple[int, int]] = {}
        self._acked: dict[tuple[str, str], tuple[int, int]] = {}

    @sees(Persisted, FillerPersisted)
    def on_commit(self, event: Persisted | FillerPersisted, index: int) -> None:
        self._committed.setdefault((event.conversation, event.seq), (event.t, index))

    @sees(CursorStored)
    def on_cursor(self, event: CursorStored, index: int) -> None:
        self._acked[event.device, event.conversation] = (event.t, index)

    @sees(ClockSet)
    def on_clock(self, event: ClockSet, _: int) -> None:
        self._gains[event.node] = max(event.rate, self._gains.get(event.node, 0))

    @sees(DeviceStuck)
    def on_stuck(self, event: DeviceStuck, index: int) -> None:
        held = self.ledger.held.get((event.device, event.conversation))
        if held is None:
            return
        self.tested += 1
        while held.stored_index < 0 and held.older is not None:
            held = held.older  # the store can't know of a wipe before the new installation acks
        if held.stored >= held.target():
            self.violated(
                f"{event.device} is reported as stuck in {event.conversation}, but lacks nothing",
                held.stored_index,
                index,
            )
            return
        following = held.access.skips.get(held.stored, held.stored) + 1
        for what, (at, proof) in (
            ("acked", self._acked.get((event.device, event.conversation), (-event.limit, -1))),
            ("was sent what it lacks", self._committed.get((event.conversation, following), (-event.limit, -1))),
        ):
            if (event.t - at) * (1_000_000 + self._gains.get(event.node, 0)) < event.limit * 1_000_000:
                self.violated(
                    f"{event.device} is reported as stuck in {event.conversation} after {event.limit / 1e6:g} s, but "
                    f"{what} {(event.t - at) / 1e6:g} s ago",
                    proof,
                    index,
                )


class StuckDevicesReturn(Liveness):
    """After healing, no device is taken for stuck any more: all are there, and have acked.

    Owed from each DeviceStuck on, until the device's DeviceReturned to that conversation.
    """

    name: ClassVar[str] = "stuck-devices-return"
    family: ClassVar[str] = "upkeep"
    anomalies: ClassVar[tuple[str, ...]] = ("stuck cursor",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._stuck: dict[tuple[str, str], int] = {}

    @sees(DeviceStuck)
    def on_stuck(self, event: DeviceStuck, index: int) -> None:
        self.tested += 1
        self._stuck.setdefault((event.device, event.conversation), index)

    @sees(DeviceReturned)
    def on_returned(self, event: DeviceReturned, index: int) -> None:
        self._stuck.pop((event.device, event.conversation), None)

    def owed(self) -> int:
        return len(self._stuck)

    def missing(self) -> Iterator[Debt]:
        for (device, conversation), index in self._stuck.items():
            yield Debt(f"{device} is still taken for stuck in {conversation}", (index,), device, conversation)


class CleanedDevicesComeBackWhole(Liveness):
    """After healing, a device that was cleaned up has again what was given up of it: a stored cursor, and its push token.

    Owed from each DeviceCleaned on, until a CursorStored of the device in that conversation; and, if its token was removed
    for it, from its next Connected on, until a TokenRegistered, or until its user logs out. A violation at once: a
    DeviceCleaned of a device that is not taken for stuck, or is so for less than what the deployment declares.
    """

    name: ClassVar[str] = "cleaned-devices-come-back-whole"
    family: ClassVar[str] = "upkeep"
    anomalies: ClassVar[tuple[str, ...]] = ("premature clean-up", "stuck cursor")
    optional = (PolicyDeclared, Connected, TokenRemoved, TokenRegistered, LoggedOut)

    policy: ClassVar[str] = "clean-up of a device after so many µs of being stuck"

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._after = 0
        self._stuck: dict[tuple[str, str], tuple[int, int]] = {}
        self._rows: dict[tuple[str, str], int] = {}
        self._removed: dict[str, int] = {}
        """By device: the removal of its token, as long as it is away."""
        self._tokens: dict[str, int] = {}

    @sees(PolicyDeclared)
    def on_declared(self, event: PolicyDeclared, index: int) -> None:
        if event.policy == self.policy:
            self._after = event.value

    @sees(DeviceStuck)
    def on_stuck(self, event: DeviceStuck, index: int) -> None:
        self._stuck.setdefault((event.device, event.conversation), (event.t, index))

    @sees(DeviceReturned)
    def on_returned(self, event: DeviceReturned, index: int) -> None:
        self._stuck.pop((event.device, event.conversation), None)

    @sees(DeviceCleaned)
    def on_cleaned(self, event: DeviceCleaned, index: int) -> None:
        self.tested += 1
        whose = (event.device, event.conversation)
        self._rows[whose] = index
        since, reported = self._stuck.get(whose, (event.t, -1))
        if reported < 0 or event.t - since < self._after:
            self.violated(
                f"{event.device} is cleaned up in {event.conversation} after {(event.t - since) / 1e6:g} s of being stuck, and "
                f"not after {self._after / 1e6:g} s",
                reported,
                index,
            )

    @sees(CursorStored)
    def on_cursor(self, event: CursorStored, index: int) -> None:
        if self._rows:
            self._rows.pop((event.device, event.conversation), None)

    @sees(TokenRemoved)
    def on_removed(self, event: TokenRemoved, index: int) -> None:
        if event.why == "cleaned":
            self._removed[event.device] = index

    @sees(Connected)
    def on_connected(self, event: Connected, index: int) -> None:
        if event.device in self._removed:
            self._tokens[event.device] = self._removed.pop(event.device)

    @sees(TokenRegistered, LoggedOut)
    def on_token(self, event: TokenRegistered | LoggedOut, index: int) -> None:
        self._removed.pop(event.device, None)
        self._tokens.pop(event.device, None)

    def owed(self) -> int:
        return len(self._rows) + len(self._tokens)

    def missing(self) -> Iterator[Debt]:
        for (device, conversation), index in self._rows.items():
            what = f"{device} was cleaned up in {conversation}, and the store has no cursor of it again"
            yield Debt(what, (index,), device, conversation)
        for device, index in self._tokens.items():
            yield Debt(f"{device} was cleaned up and is back, and its push token is not known again", (index,), device)


class StatusesAgree(Liveness):
    """A status that is stored for each message says what the cursors and marks say.

    Proof of a violation, at once: a StatusStored beyond the highest stored cursor of the device (delivered), or read mark of
    the user (read). Owed, in a conversation that has such rows, by each device and user of which not every message up to
    its cursor or mark has one. What the user may not read has none, and needs none.
    """

    name: ClassVar[str] = "statuses-agree"
    family: ClassVar[str] = "receipts and unread"
    anomalies: ClassVar[tuple[str, ...]] = ("phantom receipt", "non-convergence")
    rests_on = TURNS

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._derived: dict[tuple[str, str, str], tuple[int, int]] = {}
        """By conversation, device or user, and status: the highest cursor or mark, and the index of its event."""
        self._stored: dict[tuple[str, str, str], int] = {}
        self._keeping: dict[str, None] = {}
        self._behind: dict[tuple[str, str, str], None] = {}

    def _base(self, conversation: str, who: str) -> int:
        log = self.ledger.logs.get(conversation)
        user = self.ledger.user_of.get(who, who)
        return log.base if log is not None and user in log.began else 0

    def _upto(self, which: tuple[str, str, str]) -> int:
        """Up to where there is a status row for each message."""
        upto = self._stored.get(which)
        return self._base(which[0], which[1]) if upto is None else upto

    def _compare(self, which: tuple[str, str, str]) -> None:
        upto, derived = self._upto(which), self._derived[which][0]
        if upto < derived and self._after(which[0], which[1], upto) <= derived:
            self._behind[which] = None
        elif which in self._behind:
            del self._behind[which]

    @sees(CursorStored, ReadStored)
    def on_derived(self, event: CursorStored | ReadStored, index: int) -> None:
        who, status = (event.device, "delivered") if isinstance(event, CursorStored) else (event.user, "read")
        which = (event.conversation, who, status)
        before = self._derived.get(which)
        if event.to > (self._base(event.conversation, who) if before is None else before[0]):
            self._derived[which] = (event.to, index)
            if event.conversation in self._keeping:
                self._compare(which)

    @sees(StatusStored)
    def on_status(self, event: StatusStored, index: int) -> None:
        self.tested += 1
        which = (event.conversation, event.who, event.status)
        derived, before = self._derived.get(which) or (self._base(event.conversation, event.who), -1)
        if event.last > derived:
            self.violated(
                f"{event.conversation} {event.last} is stored as {event.status} for {event.who}, but that is so only up to "
                f"{derived}",
                before,
                index,
            )
        upto = self._upto(which)
        if event.first <= upto + 1 or event.first <= self._after(event.conversation, event.who, upto):
            self._stored[which] = event.last if event.last > upto else upto
        if event.conversation not in self._keeping:
            self._keeping[event.conversation] = None
            for other in self._derived:
                if other[0] == event.conversation:
                    self._compare(other)
        if which in self._behind:
            self._compare(which)

    def _after(self, conversation: str, who: str, upto: int) -> int:
        """The next seq after `upto` that is for the user, or the device's."""
        log = self.ledger.logs.get(conversation)
        access = log.access.get(self.ledger.user_of.get(who, who)) if log is not None else None
        return (access.skips.get(upto, upto) if access else upto) + 1

    def owed(self) -> int:
        return len(self._behind)

    def missing(self) -> Iterator[Debt]:
        for which in self._behind:
            conversation, who, status = which
            derived, index = self._derived[which]
            upto = self._upto(which)
            what = f"{conversation} is {status} for {who} up to {derived}, but has its status rows only up to {upto}"
            yield Debt(what, (index,), "", conversation)
