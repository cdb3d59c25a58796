"""Completeness, as clients know it: what was accepted, and what anybody saw, is on every screen in the end.

    1. m is accepted, and its sender forgets it: nobody ever shows it
    2. a phone shows m, and the laptop of the same user never does
    3. a phone is installed again, and lacks what it had shown before
    4. a reader fetches the whole archive, logs off, and never got m, which had been accepted long before

Requirements: G1, G4, P10, V1, V2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from model.events import (
    BlockAsked,
    Connected,
    DeviceRegistered,
    Disconnected,
    FinalRead,
    LoggedOut,
    MemberLeft,
    PageShown,
    RowsRemoved,
    SendAccepted,
    Shown,
    ShownAtTap,
    Slept,
    Wiped,
)
from properties.base import Debt, Liveness, Violation, sees
from properties.conversation import Held, Log
from properties.ledger import SCREENS, Ledger
from properties.sends import Sent
from sim.history import Crashed


class WhatWasAcceptedIsShown(Liveness):
    """After healing, every connected device of every member shows what was accepted, and what any other device showed.

    Owed from a message's SendAccepted or first Shown on, by each device of each user who has been a member since before it was
    sent, until the device shows it; an installation that follows a wipe owes all of it anew. A device that is not connected,
    or is asleep or dead, owes nothing as long as it is; in another system's history, nor does one that has not connected yet.
    If one lacks something and is away at the end, it is unknown whether it is lost: *not shown*. In a simulated run that is said
    only of devices that are to come back. A page, a FinalRead and a ShownAtTap show a message as well as a Shown does.
    Nor is owed what policy has removed, and what screens have above that; nor, in another system's history, what is written by
    whom the user has ever blocked, and what may have been sent before the record began. Constant work for each device that owes
    it; a leave, a removal, a wipe or a block takes as long as the conversations of the devices are.

    With a FinalRead there is nothing left to wait for: what was accepted, or shown elsewhere, before the device began with the
    last of it, by more than clocks may be apart, and is not on its screen, is lost, be the device away or not, wiped or not.
    """

    name: ClassVar[str] = "what-was-accepted-is-shown"
    family: ClassVar[str] = "completeness"
    anomalies: ClassVar[tuple[str, ...]] = (
        "lost write", "non-convergence", "permanent gap", "cross-epoch regression", "read your writes",
    )  # fmt: skip
    rests_on = SCREENS
    optional = (Slept, Crashed, LoggedOut, RowsRemoved, BlockAsked, ShownAtTap, PageShown, FinalRead)
    for_passing = (Connected, Disconnected, Wiped)
    numbers = False
    gapless = True

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._due: dict[str, list[Sent]] = {}
        self._owes: dict[str, int] = {}
        self._away: dict[str, bool] = {}
        """Whether it is to come back: it was connected, and its user did not log out."""
        self._owed = 0
        self._read: dict[Held, int] = {}
        """How much of what was due a device was found to have, or to have lost, by a FinalRead."""
        self._reads: dict[str, list[tuple[Held, int, int]]] = {}
        """By conversation: who read it to its end, since when (µs), and the event. Only where clocks differ."""
        self._gone: dict[tuple[str, str], None] = {}
        """Those that the store has removed."""

    def _owing(self, held: Held, sent: Sent) -> bool:
        """Whether a message has to be on that device's screen, be it there or not."""
        access, request = held.access, sent.request
        if not access.member or held.since > request.index:
            return False
        if self._gone and (held.log.name, sent.message) in self._gone:
            return False
        if self.ledger.ignored and self.ledger.ignores(access.user, request.device):
            return False
        joined = access.joined_index
        return joined < 0 or (joined < request.index and access.joined_t + self.ledger.skew <= request.t)

    def _add(self, device: str, by: int) -> None:
        self._owes[device] = self._owes.get(device, 0) + by
        if device not in self._away:
            self._owed += by

    @sees(DeviceRegistered)
    def on_registered(self, event: DeviceRegistered, index: int) -> None:
        if self.ledger.exported:
            self._away[event.device] = False

    def _falls_due(self, log: Log, sent: Sent, t: int, seq: int) -> None:
        if log.base and not self.ledger.in_record(log, sent):
            return
        sent.due_t, sent.seq = t, seq
        if log.removed:
            self._gone_with(log, sent)
        self._due.setdefault(log.name, []).append(sent)
        owes, away = self._owes, self._away
        for held in log.devices:
            if self._owing(held, sent):
                device = held.device
                here = device not in away
                self.tested += here
                if sent.message not in held.first and sent.message not in held.also:
                    owes[device] = owes.get(device, 0) + 1
                    self._owed += here
        for reader, began, read in self._reads.get(log.name, ()):
            if t + self.ledger.skew < began and self._lacks(reader, sent):
                self._lost(reader, [sent], read)

    @sees(SendAccepted)
    def on_accepted(self, event: SendAccepted, index: int) -> None:
        log, sent = self.ledger.logs.get(event.conversation), self.ledger.message
        if log is not None and sent is not None and sent.due_t < 0:
            self._falls_due(log, sent, event.t, event.seq)

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        held, sent = self.ledger.here, self.ledger.message
        if held is None or sent is None:
            return
        if sent.due_t < 0:
            self._falls_due(held.log, sent, event.t, event.seq)
        if (
            event.message not in held.first
            and event.message not in held.also
            and sent.due_t >= 0
            and self._owing(held, sent)
        ):
            self._add(event.device, -1)

    @sees(ShownAtTap, PageShown, FinalRead)
    def on_screen(self, event: ShownAtTap | PageShown | FinalRead, index: int) -> None:
        held = self.ledger.here
        if held is None:
            return
        for message in self.ledger.newly:
            sent = self.ledger.sent.get((event.conversation, message))
            if sent is not None and sent.due_t >= 0 and self._owing(held, sent):
                self._add(event.device, -1)
        if isinstance(event, FinalRead):
            self._read_to_end(held, event.t if event.began < 0 else event.began, index)

    def _read_to_end(self, held: Held, began: int, index: int) -> None:
        """Whatever was due before that time, in µs, is there, or is lost."""
        self.tested += 1
        due, lost, at = self._due.get(held.log.name, []), [], self._read.get(held, 0)
        while at < len(due) and due[at].due_t + self.ledger.skew < began:
            if self._lacks(held, due[at]):
                lost.append(due[at])
            at += 1
        self._read[held] = at
        if lost:
            self._lost(held, lost, index)
        if self.ledger.skew:
            self._reads.setdefault(held.log.name, []).append((held, began, index))

    def _lacks(self, held: Held, sent: Sent) -> bool:
        return not held.has(sent.message) and self._owing(held, sent)

    def _lost(self, held: Held, lost: list[Sent], read: int) -> None:
        more = f" ({len(lost) - 1} more)" if len(lost) > 1 else ""
        what, since = _lacking(held, lost[0])
        self.ledger.lost.update(((held.device, held.log.name, sent.message), None) for sent in lost)
        self.violated(f"{held.device} lost {what}{more}: it has read {held.log.name} to its end", since, read)

    def _gone_with(self, log: Log, sent: Sent) -> None:
        """Whether a message is among what the store has removed, as far as its seq or the screens say."""
        seq, place = sent.seq, log.order.get(sent.message, -1)
        by_number = not self.ledger.opaque and 0 < seq <= log.removed
        if by_number or (self.ledger.opaque and seq == log.removed) or 0 <= place <= log.removed_place:
            self._gone[log.name, sent.message] = None

    @sees(RowsRemoved)
    def on_removed(self, event: RowsRemoved, index: int) -> None:
        """Nobody owes any more what the store has removed."""
        log = self.ledger.logs.get(event.conversation)
        if log is not None:
            for sent in self._due.get(log.name, ()):
                self._gone_with(log, sent)
            for held in log.everyone:
                self._count(held.device)

    @sees(MemberLeft)
    def on_left(self, event: MemberLeft, index: int) -> None:
        """What a user owed who is no member any more is owed no longer."""
        for device in self.ledger.devices_of.get(event.user, ()):
            self._count(device)

    @sees(BlockAsked)
    def on_block(self, event: BlockAsked, index: int) -> None:
        for device in self.ledger.devices_of.get(self.ledger.user_of.get(event.device, ""), ()):
            self._count(device)

    @sees(Wiped)
    def on_wiped(self, event: Wiped, index: int) -> None:
        self._count(event.device)

    def _count(self, device: str) -> None:
        """Counts anew what a device owes."""
        self._add(device, sum(1 for _ in self._missing(device)) - self._owes.get(device, 0))

    def _missing(self, device: str) -> Iterator[tuple[Held, Sent]]:
        for conversation, due in self._due.items():
            held = self.ledger.held.get((device, conversation))
            if held is not None:
                yield from ((held, sent) for sent in due if self._lacks(held, sent))

    @sees(Disconnected, Slept, Crashed, LoggedOut)
    def on_away(self, event: Disconnected | Slept | Crashed | LoggedOut, index: int) -> None:
        device = event.node if isinstance(event, Crashed) else event.device
        if device not in self._away and device in self.ledger.user_of:
            self._away[device] = True
            self._owed -= self._owes.get(device, 0)
        if isinstance(event, LoggedOut) and device in self._away:
            self._away[device] = False

    @sees(Connected)
    def on_connected(self, event: Connected, index: int) -> None:
        if event.device in self._away:
            del self._away[event.device]
            owes = self._owes.get(event.device, 0)
            self._owed += owes
            self.tested += owes

    def owed(self) -> int:
        return self._owed

    def missing(self) -> Iterator[Debt]:
        for device, owes in self._owes.items():
            if owes and device not in self._away:
                yield from self._debts(device)

    def out_of_sight(self) -> Iterator[Debt]:
        for device, returns in self._away.items():
            if (returns or self.ledger.exported) and self._owes.get(device, 0):
                yield from self._debts(device)

    def lacking(self, device: str) -> Iterator[tuple[str, Sent, bool]]:
        """What the device has not shown of all that it has to show so far: its conversation, and whether it is proven that it
        is lost, by a FinalRead or by what the device shows instead."""
        for held, sent in self._missing(device):
            yield held.log.name, sent, (device, held.log.name, sent.message) in self.ledger.lost

    def to_show(self, device: str) -> int:
        """How many messages the device has to show so far, be they there or not."""
        every = ((self.ledger.held.get((device, conversation)), due) for conversation, due in self._due.items())
        return sum(self._owing(held, sent) for held, due in every if held is not None for sent in due)

    def _debts(self, device: str) -> Iterator[Debt]:
        """One for each conversation of which the device lacks something."""
        lacking: dict[Held, list[Sent]] = {}
        for held, sent in self._missing(device):
            lacking.setdefault(held, []).append(sent)
        for held, those in lacking.items():
            what, since = _lacking(held, those[0])
            conversation = held.log.name
            yield Debt(f"{device} never showed {what}", (since,), device, conversation, messages=len(those))


def _lacking(held: Held, sent: Sent) -> tuple[str, int]:
    """What is missing, in words, and the event since which it should not be."""
    place = held.log.order.get(sent.message, -1)
    since = held.log.ranks[place][1] if place >= 0 else sent.accepted
    return f"{sent.message} of {held.log.name}, {'which others show' if place >= 0 else 'which was accepted'}", since
