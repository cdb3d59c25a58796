"""What came before, as clients know it: whoever sees a message has what its sender knew to be in the conversation by then.

No healing is needed, and no device has to stay until the end: the proof is on the screen as soon as the later message is.

    1. m1 is accepted, then its sender writes m2; bob's phone shows m2, without m1, and logs off
    2. an archive lost everything of a minute, and what was written after that is read from it

Requirements: G1, G2, P1, P5, V1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import BlockAsked, PageShown, RowsRemoved, SendAccepted, SendAttempted, SendRequested, Shown, Wiped
from properties.base import Property, Violation, sees
from properties.conversation import Held
from properties.ledger import SCREENS, Ledger
from properties.sends import Sent


class _Told:
    """What one device was told to be accepted in one conversation, in that order, each with its seq (0: not said)."""

    __slots__ = ("found", "messages")

    def __init__(self) -> None:
        self.messages: list[tuple[Sent, int, int, int]] = []
        """Each with the time (µs) and the event of the accept, and the seq that it said."""
        self.found: dict[Held, int] = {}
        """By what a device shows: how many of these it was found to have, or need not have."""


class WhatCameBeforeIsShown(Property):
    """A screen that shows a message has shown by then what its sender had been told was accepted before it sent that.

    Proof of a violation: a Shown of m2, and no m1 on that device's screen by then, although the device that sent m2 had a
    SendAccepted of m1, in the same conversation, before its first SendAttempted of m2. All that is compared was written by one
    device each, so that clocks don't matter. A page, a FinalRead and a ShownAtTap show a message as well as a Shown does.

    Not asked for: what was sent before the record began; what was sent before its reader was a member, or had this device, by
    what clocks may be apart; what was accepted before the device's database was wiped or restored; what lies in a gap below a
    page (where seqs aren't known, what was accepted before the page); what policy may have removed; in another system's history,
    what somebody wrote whom the user has ever blocked. Constant time: each message is looked for once on each device.
    """

    name: ClassVar[str] = "what-came-before-is-shown"
    family: ClassVar[str] = "order"
    anomalies: ClassVar[tuple[str, ...]] = ("lost write", "permanent gap", "skip")
    rests_on = SCREENS
    optional = (SendRequested, BlockAsked, PageShown, RowsRemoved)
    numbers = False
    gapless = True

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._told: dict[tuple[str, str], _Told] = {}
        """By device and conversation."""
        self._before: dict[Sent, tuple[_Told, int]] = {}
        """By message: what its sender had been told when it first went out, and how much of it."""
        self._begun: dict[Held, int] = {}
        """When (µs) an installation began that is not the device's first one."""
        self._gaps: dict[Held, tuple[int, int]] = {}
        """The lowest seq of the last page with a gap below it, and when it was shown (µs)."""
        self._removed: dict[str, int] = {}
        """By conversation: the last RowsRemoved."""

    @sees(SendAccepted)
    def on_accepted(self, event: SendAccepted, index: int) -> None:
        sent = self.ledger.message
        if sent is None or sent.accepted >= 0 or sent.request.device != event.device:
            return
        log = self.ledger.logs.get(event.conversation)
        if log is not None and self.ledger.in_record(log, sent):
            told = self._told.get((event.device, event.conversation))
            if told is None:
                told = self._told[event.device, event.conversation] = _Told()
            told.messages.append((sent, event.t, index, event.seq))

    @sees(SendAttempted)
    def on_attempt(self, event: SendAttempted, index: int) -> None:
        sent = self.ledger.message
        if sent is None or sent.index != index:
            return
        told = self._told.get((event.device, event.conversation))
        if told is not None and self.ledger.in_record(self.ledger.logs[event.conversation], sent):
            self._before[sent] = (told, len(told.messages))

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        held, sent = self.ledger.here, self.ledger.message
        before = self._before.get(sent) if sent is not None else None
        if before is None or held is None:
            return
        told, count = before
        found = told.found.get(held, 0)
        if found >= count:
            return
        told.found[held] = count
        self.tested += 1
        first = held.first
        lacking = [each for each in told.messages[found:count] if each[0].message not in first]
        if not lacking:
            return
        also = held.also
        missing = [each for each in lacking if each[0].message not in also and not self._need_not(held, *each)]
        if missing:
            least, _, accepted, _ = missing[0]
            self.ledger.lost.update(((held.device, held.log.name, each[0].message), None) for each in missing)
            more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
            self.violated(
                f"{event.device} showed {event.message} in {event.conversation} without {least.message}{more}, which "
                f"{least.request.device} knew to be accepted when it sent that",
                accepted,
                sent.index if sent is not None else -1,
                index,
            )

    def _need_not(self, held: Held, sent: Sent, t: int, accepted: int, seq: int) -> bool:
        """Whether there is a reason why the device lacks what was accepted at `t` (µs), by that event, as `seq`."""
        ledger, log, access, request = self.ledger, held.log, held.access, sent.request
        if not access.member or held.since > request.index or ledger.ignores(access.user, request.device):
            return True
        if access.joined_index > request.index or (
            access.joined_index >= 0 and access.joined_t + ledger.skew > request.t
        ):
            return True
        if held in self._begun and t <= self._begun[held] + ledger.skew:
            return True
        lowest, page_t = self._gaps.get(held, (0, -1))
        known = seq > 0 and not ledger.opaque
        if seq < lowest if known else (held in self._gaps and t <= page_t + ledger.skew):
            return True
        return seq <= log.removed if known else accepted < self._removed.get(log.name, -1)

    @sees(PageShown)
    def on_page(self, event: PageShown, _: int) -> None:
        held = self.ledger.here
        if held is not None and self.ledger.gap_below(event):
            lowest, t = self._gaps.get(held, (0, -1))
            self._gaps[held] = (max(lowest, event.first), max(t, event.t))

    @sees(RowsRemoved)
    def on_removed(self, event: RowsRemoved, index: int) -> None:
        self._removed[event.conversation] = index

    @sees(Wiped)
    def on_wiped(self, event: Wiped, _: int) -> None:
        for held in self.ledger.renewed:
            self._begun[held] = event.t
