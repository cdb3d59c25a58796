"""How much is wrong, by device and kind: 'bob-tablet lacks 120 of 1,073, from … to …'.

A judge says which promise is broken, and proves it by a line or two. Here it is counted: what a device has to show and never
showed, what it shows again, what is out of order there, and for every other promise how often it is
broken there.

Requirements: V1, R1.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise, repeat
from operator import itemgetter

import msgspec

from parley.judged.verifying import Verified
from properties.conversation import Held
from properties.ledger import Ledger
from properties.observed.completeness import WhatWasAcceptedIsShown
from properties.sends import Sent
from sim.history import Ended, Event

LOST, NEVER_SENT, TOO_EARLY, NOT_AS_SENT = "lost", "never sent", "before it was sent", "not as sent"
FOREIGN, REFUSED = "not for its user", "refused"
TWICE, DISORDER, LATE, AWAY, PENDING = "duplicated", "out of order", "late", "not shown so far", "not shown yet"

KINDS: dict[str, tuple[str, ...]] = {
    LOST: (WhatWasAcceptedIsShown.name,),
    NEVER_SENT: ("shown-was-sent",),
    TOO_EARLY: (),
    NOT_AS_SENT: ("shown-is-what-was-sent",),
    FOREIGN: ("shown-to-members", "nothing-new-after-leaving"),
    REFUSED: ("refused-is-not-shown",),
    TWICE: ("shown-once", "one-message-per-send"),
    DISORDER: (
        "one-order-on-all-screens", "shown-in-order", "real-time-order-is-shown", "senders-order-is-shown",
        "questions-come-first", "what-came-before-is-shown",
    ),
}  # fmt: skip
"""The kinds that have a name of their own, the worst first, with the promises that tell of them. Others go by their promise."""
_AT_LAST = (AWAY, PENDING)
"""What is no violation."""
_CANDIDATES, _COMPARED = 8, 64
"""So many screens of a conversation are tried as the order that the others are compared with, and so many of these are."""
_STEPS = 1_000_000
"""So many steps are taken to find the place of what the chosen screen lacks; from then on it is right below what is above it."""


class Place(msgspec.Struct, frozen=True):
    """A message, and the line that tells of it: its number and its time in µs. The line of what is lost is that of its
    sending."""

    line: int
    t: int
    conversation: str
    message: str


class Count(msgspec.Struct, frozen=True):
    """So much is wrong with what a device shows, in one way.

    `of`: how many messages it has to show, of what is lost; of other kinds how many it shows; 0: nobody can say.
    `conversations`: in how many of them it is.
    """

    device: str
    kind: str
    count: int
    of: int
    conversations: int
    first: Place | None
    last: Place | None


class _Tally:
    """What is counted of one device and kind, while the lines go by."""

    __slots__ = ("conversations", "count", "first", "last")

    def __init__(self) -> None:
        self.count = 0
        self.conversations: dict[str, None] = {}
        self.first: Place | None = None
        self.last: Place | None = None

    def add(self, place: Place) -> None:
        self.count += 1
        self.conversations[place.conversation] = None
        if self.first is None or place.line < self.first.line:
            self.first = place
        if self.last is None or place.line > self.last.line:
            self.last = place


class Counts:
    """Counts what a judge found. `take` wants the events at the `wanted` indices, which are read again; then `finish`."""

    def __init__(self, found: Verified) -> None:
        self._judge = judge = found.judge
        self._line = found.line
        self._tallies: dict[tuple[str, str], _Tally] = {}
        self._of: dict[tuple[str, str], int] = {}
        self._missing()
        for device, late in (found.late or {}).items():
            for one in late:
                self._add(device, LATE, Place(self._line(one.at), one.t, one.conversation, one.message))
        by_kind: dict[str, set[int]] = {}
        named = {name: kind for kind, names in KINDS.items() for name in names}
        for name, places in judge.places.items():
            kind = named.get(name, name)
            if kind not in (LOST, DISORDER, REFUSED):
                by_kind.setdefault(kind, set()).update(places)
        if any(name in judge.places for name in KINDS[REFUSED]):
            by_kind[REFUSED] = set(self._refused())
        if any(name in judge.places for name in KINDS[DISORDER]):
            by_kind[DISORDER] = {index for indices in out_of_order(judge.ledger).values() for index in indices}
        self._kinds = list(by_kind)
        self._wanted = [sorted(by_kind[kind]) for kind in self._kinds]

    def _missing(self) -> None:
        prop = next((prop for prop in self._judge.properties if isinstance(prop, WhatWasAcceptedIsShown)), None)
        if prop is None:
            return
        late = self._judge.overdue.get(prop.name, ())
        excuse = self._judge.recoverability.excuse
        owed: dict[str, dict[str, str]] = {}
        known = prop.name not in self._judge.only_proofs
        for kind, debts in ((PENDING, prop.missing()), (AWAY, prop.out_of_sight())):
            for debt in debts:
                if known and not excuse(debt):
                    told = LOST if kind == PENDING and debt.device in late else kind
                    owed.setdefault(debt.device, {})[debt.conversation] = told
        for device in self._judge.ledger.user_of:
            for conversation, sent, lost in prop.lacking(device) if device in owed or self._judge.ledger.lost else ():
                kind = LOST if lost else owed.get(device, {}).get(conversation, "")
                if kind:
                    self._of.setdefault((device, kind), prop.to_show(device))
                    self._add(device, kind, self._sending(conversation, sent))

    def _refused(self) -> Iterator[int]:
        """Who had been told that something is accepted, and who showed it, that was refused, be it before or after."""
        ledger = self._judge.ledger
        for (conversation, message), sent in ledger.sent.items():
            if sent.refused >= 0:
                yield from (sent.accepted,) if sent.accepted >= 0 else ()
                yield from (index for _, index in ledger.shown_by(conversation, message))

    def _sending(self, conversation: str, sent: Sent) -> Place:
        return Place(self._line(sent.index), sent.t, conversation, sent.message)

    def _add(self, device: str, kind: str, place: Place) -> None:
        self._tallies.setdefault((device, kind), _Tally()).add(place)

    def wanted(self) -> Iterator[tuple[int, int]]:
        """The indices of the events to `take`, in ascending order, each with what to give along."""
        return heapq.merge(*(zip(indices, repeat(number), strict=False) for number, indices in enumerate(self._wanted)))

    def take(self, index: int, number: int, event: Event) -> None:
        """Counts an event, as it is in the file, for the kind of which `wanted` has said the number."""
        device = getattr(event, "device", "") or event.node
        if not isinstance(event, Ended):
            conversation, message = getattr(event, "conversation", ""), getattr(event, "message", "")
            kind = self._kinds[number]
            if kind == NEVER_SENT and (conversation, message) in self._judge.ledger.sent:
                kind = TOO_EARLY
            self._add(device, kind, Place(self._line(index), event.t, conversation, message))

    def finish(self) -> list[Count]:
        """All counts, the worst first: by kind, and of one kind by how many."""
        for name, owed in self._judge.overdue.items():
            if name not in KINDS[LOST]:
                for device, number in owed.items():
                    self._tallies.setdefault((device, name), _Tally()).count += number
        shown: dict[str, int] = {}
        for (device, _), held in self._judge.ledger.held.items():
            shown[device] = shown.get(device, 0) + sum(len(each.first) for each in held.installations())
        order = [*KINDS, LATE]
        counts = [
            Count(
                device,
                kind,
                tally.count,
                self._of.get((device, kind), shown.get(device, 0) if kind in (TWICE, DISORDER, LATE) else 0),
                len(tally.conversations),
                tally.first,
                tally.last,
            )
            for (device, kind), tally in self._tallies.items()
        ]

        def rank(count: Count) -> tuple[int, int, str, str]:
            kind = count.kind
            worse = (
                order.index(kind)
                if kind in order
                else len(order) + (1 + _AT_LAST.index(kind) if kind in _AT_LAST else 0)
            )
            return worse, -count.count, kind, count.device

        return sorted(counts, key=rank)


def out_of_order(ledger: Ledger) -> dict[str, list[int]]:
    """By device: the events in which it showed something that would have to be moved for its screen to be in order.

    The order is that of the seqs; where these are names, that of the screen which has the least against all others.
    """
    screens: dict[str, list[Held]] = {}
    for (_, conversation), held in ledger.held.items():
        screens.setdefault(conversation, []).extend(held.installations())
    sent: dict[str, list[tuple[int, str]]] = {}
    for (conversation, message), at in ledger.sent.items():
        sent.setdefault(conversation, []).append((at.index, message))
    found: dict[str, list[int]] = {}
    for conversation, every in screens.items():
        log = ledger.logs[conversation]
        if ledger.opaque:
            as_sent = [message for _, message in sorted(sent.get(conversation, ()))]
            ranks = common_order([held.first for held in every], as_sent)
        else:
            ranks = {message: seq for seq, message in log.shown_at.items()}
            ranks.update({message: seq for seq, (message, _) in log.rows.items() if message})
        for held in every:
            late = [held.first[message] for message in misplaced(held.first, ranks)]
            if late:
                found.setdefault(held.device, []).extend(late)
    return found


def misplaced(shown: Iterable[str], ranks: Mapping[str, int]) -> list[str]:
    """The fewest messages without which those that are shown are in the order of their ranks; in the order of the screen.

    They are what is left beside a longest increasing subsequence. What has no rank is left out.
    """
    ends: list[int] = []
    """By length: the lowest rank that an increasing part of the screen of this length ends with so far."""
    lasts: list[int] = []
    """By length: the place of that end."""
    known = [(message, ranks[message]) for message in shown if message in ranks]
    before: list[int] = []
    for at, (_, rank) in enumerate(known):
        length = bisect_left(ends, rank)
        ends[length : length + 1] = [rank]
        lasts[length : length + 1] = [at]
        before.append(lasts[length - 1] if length else -1)
    kept: set[int] = set()
    at = lasts[-1] if lasts else -1
    while at >= 0:
        kept.add(at)
        at = before[at]
    return [message for at, (message, _) in enumerate(known) if at not in kept]


def common_order(screens: list[dict[str, int]], sent: list[str]) -> dict[str, int]:
    """The order that the least on all screens is against, by message.

    It is that of one of the longest of them; of several, of the one that goes best with the order in which messages were `sent`.
    What that one lacks, or has elsewhere than most others do, has its place right below what is above it on another one,
    but for what that one lacks and was sent before it.
    """
    compared = sorted(screens, key=len, reverse=True)[:_COMPARED]
    longest = compared[:_CANDIDATES]
    as_sent = {message: rank for rank, message in enumerate(sent)}

    def against(screen: dict[str, int]) -> tuple[int, int]:
        ranks = {message: rank for rank, message in enumerate(screen)}
        return sum(len(misplaced(other, ranks)) for other in compared), len(misplaced(screen, as_sent))

    best = min(longest, key=against, default={})
    ranks = {message: rank for rank, message in enumerate(best)}
    against_it = [misplaced(screen, ranks) for screen in longest]
    votes = Counter(message for those in against_it for message in those)
    best = {m: 0 for m in best if 2 * votes[m] <= sum(m in screen for screen in longest)}
    following = dict(pairwise(("", *best, "")))
    """What comes after each message; '' is before the first and after the last."""
    steps = _STEPS
    for _, screen in sorted(zip(map(len, against_it), longest, strict=True), key=itemgetter(0)):
        above = ""
        for message in screen:
            if message not in following:
                rank = as_sent.get(message, -1) if steps else -1
                while (after := following[above]) and after not in screen and as_sent.get(after, -1) < rank:
                    above = after
                    steps = max(0, steps - 1)
                following[above], following[message] = message, after
            above = message
    order: list[str] = []
    message = following[""]
    while message:
        order.append(message)
        message = following[message]
    return {message: rank for rank, message in enumerate(order)}
