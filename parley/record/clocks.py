"""How far apart the clocks of devices are, as far as a record shows: what is shown was sent before, by whatever clock.

A message that ann's phone sends and bob's shows bounds how far bob's clock is ahead of ann's: by no more than the time between
the two lines. One in the other direction bounds it from below. The quickest messages are the closest bounds, and many of them
over time leave room for few straight lines between those from above and those from below: how far the clocks are apart, and how
that changes. This is the method of convex hulls of A. Duda, G. Harrus, Y. Haddad and G. Bernard, *Estimating global time in
distributed systems* (ICDCS 1987), which NTP's least-delay samples (RFC 5905, section 10) are the everyday form of. Over several
devices the closest pairs are followed, as in B. Poirier, R. Roy and M. Dagenais, *Accurate offline synchronization of
distributed traces using kernel-level events* (ACM SIGOPS Operating Systems Review 44(3), 2010). The clock that half of the
others are ahead of, and half behind, is taken for the right one.

What is kept does not grow with the record: of each pair of devices a few of the quickest messages of each part of the record.

Requirements: V1.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from statistics import median_low
from typing import Any, NamedTuple

import msgspec

from model.events import SendAttempted, Shown
from properties.ledger import Ledger
from properties.sends import Sent
from sim.history import Event

PAIRS = 2_000
"""So many pairs of devices are looked at; a large group has more, and shows nothing that these don't."""
POINTS = 24
"""Of each pair and direction at most twice so many bounds are kept."""
EARLY = 20_000
"""So many messages are remembered that were shown and not sent so far."""
FASTEST = 500e-6
"""No clock gains or loses more than 500 µs a second: RFC 5905 gives one up that does (MAXFREQ)."""
ODD = 10
"""One in so many bounds may be left out, if the others agree: a line that is out of place is no clock."""

Point = tuple[int, int]
"""When (µs), and a bound on how far one clock is ahead of another then (µs)."""


class Clock(msgspec.Struct, frozen=True):
    """A device's clock, against that of most others.

    `offset`: by how much it is ahead, in µs, in the middle of the record; below 0: it is behind. It may be `uncertainty` µs
    more or less. `drift`: how much it gains, in µs a second (parts per million); it may be as little as `drift_least` and as
    much as `drift_most`. `bound`: '' if both ends are known; 'most' or 'least' if nothing is known of the device but that it is
    ahead by no more, or no less, than `offset`: it only shows, or only sends, and `uncertainty` is what messages take
    elsewhere; 'unsteady' if no steady clock goes with its lines. `group`: which devices it is compared with, by number.
    """

    device: str
    offset: int
    uncertainty: int
    drift: float = 0.0
    drift_least: float = 0.0
    drift_most: float = 0.0
    bound: str = ""
    group: int = 0

    @property
    def wrong(self) -> bool:
        """Whether it is off by more than can be the time that messages take."""
        return {
            "": abs(self.offset) > self.uncertainty or self.drift != 0,
            "most": self.offset < 0,
            "least": self.offset > 0,
        }.get(self.bound, True)

    @property
    def correctable(self) -> bool:
        """Whether it is known by how much its times are to be moved, at least."""
        return self.wrong and self.bound != "unsteady"

    def correction(self, middle: int) -> Callable[[int], int]:
        """What makes the right time of a time by this clock (µs), of a record with that middle (µs)."""
        offset, drift = self.offset, self.drift
        if self.bound:
            offset += self.uncertainty if self.bound == "least" else -self.uncertainty
        if not self.correctable:
            return _as_it_is
        if not drift:
            return lambda t: max(0, t - offset)
        return lambda t: max(0, t - offset - round(drift * (t - offset - middle) / 1e6))


def _as_it_is(t: int) -> int:
    return t


class Turned(msgspec.Struct, frozen=True):
    """Messages that one device seems to show before another one sends them: how many, and the worst of them.

    `by`: by how much (µs). `sent` and `shown` are the indices of its events. `whose`: the device whose clock is probably wrong;
    '' if nobody can tell.
    """

    sender: str
    device: str
    count: int
    by: int
    conversation: str
    message: str
    sent: int
    shown: int
    whose: str = ""


class Clocks:
    """Looks at every message that is shown, and keeps what bounds the clocks of the two devices. `sights`: by kind of event."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._bounds: dict[tuple[str, str], _Bounds] = {}
        """By who sends and who shows."""
        self._early: dict[tuple[str, str], list[tuple[str, int, int]]] = {}
        """By conversation and message: who shows it that was not sent so far, when (µs), and in which event."""
        self._turned: dict[tuple[str, str], Turned] = {}
        self.sights: dict[type[Event], Callable[[Any, int], None]] = {
            Shown: self._on_shown,
            SendAttempted: self._on_attempt,
        }

    def _on_shown(self, event: Shown, index: int) -> None:
        sent = self._ledger.message
        if sent is None:
            if len(self._early) < EARLY:
                self._early.setdefault((event.conversation, event.message), []).append((event.device, event.t, index))
        elif sent.request.device != event.device:
            self._bound(event.conversation, sent, event.device, event.t, index)

    def _on_attempt(self, event: SendAttempted, _: int) -> None:
        early = self._early.pop((event.conversation, event.message), None) if self._early else None
        sent = self._ledger.message
        if early is not None and sent is not None:
            for device, t, index in early:
                if device != sent.request.device:
                    self._bound(event.conversation, sent, device, t, index)

    def _bound(self, conversation: str, sent: Sent, device: str, t: int, index: int) -> None:
        """A device shows at `t`, by its clock, what another one sent."""
        took = t - sent.t
        pair = (sent.request.device, device)
        if took < 0:
            log = self._ledger.logs.get(conversation)
            if log is not None and not self._ledger.in_record(log, sent):
                return  # it may be a repetition of a sending that is older than the record
            self._turn(pair, took, conversation, sent, index)
        bounds = self._bounds.get(pair)
        if bounds is None:
            if len(self._bounds) >= 2 * PAIRS:
                return
            bounds = self._bounds[pair] = _Bounds()
        if took < bounds.least:
            bounds.least, bounds.at = took, (sent.t, t)
        bounds.left -= 1
        if not bounds.left:
            bounds.close()

    def _turn(self, pair: tuple[str, str], took: int, conversation: str, sent: Sent, index: int) -> None:
        before = self._turned.get(pair)
        count = 1 + (before.count if before else 0)
        if before is None or -took > before.by:
            before = Turned(*pair, 0, -took, conversation, sent.message, sent.index, index)
        self._turned[pair] = msgspec.structs.replace(before, count=count)

    def left_over(self, clocks: Iterable[Clock], first: int, last: int) -> int:
        """How far apart (µs) clocks still have to be, once those that are wrong are put right, for nothing to be shown before
        it is sent, or in that very µs."""
        right = {clock.device: clock.correction((first + last) // 2) for clock in clocks}
        quickest = (
            right.get(device, _as_it_is)(shown) - right.get(sender, _as_it_is)(sent)
            for (sender, device), bounds in self._bounds.items()
            for sent, shown in bounds.all()
        )
        return max(0, 1 - min(quickest, default=1))

    def finish(self, first: int, last: int) -> tuple[list[Clock], list[Turned]]:
        """The clocks of all devices that can be compared with another one, those that are off by most first; what they turn
        round.

        The record goes on from `first` to `last` (µs).
        """
        middle = (first + last) // 2
        clocks = _clocks(self._bounds, middle)
        of = {clock.device: clock for clock in clocks}
        turned = [msgspec.structs.replace(each, whose=_whose(each, of)) for each in self._turned.values()]
        return (
            sorted(clocks, key=lambda clock: (not clock.wrong, -abs(clock.offset), clock.device)),
            sorted(turned, key=lambda each: (-each.by, each.sender, each.device)),
        )


class _Bounds:
    """The quickest messages from one device to another, one for each part of the record."""

    __slots__ = ("at", "least", "left", "points", "size")

    NONE = 1 << 62

    def __init__(self) -> None:
        self.least = self.NONE
        """How quick the quickest is (µs) of the part that goes on, by the two clocks."""
        self.at = (0, 0)
        """When it was sent, and when it was shown, each by its device's clock (µs)."""
        self.size = self.left = 1
        """Of how many messages one is kept, and how many of the part are to come."""
        self.points: list[tuple[int, int]] = []

    def close(self) -> None:
        """Ends a part. Once there are too many, two become one."""
        points = self.points
        if self.least < self.NONE:
            points.append(self.at)
        if len(points) >= 2 * POINTS:
            self.points = [min(pair, key=_took) for pair in zip(points[::2], points[1::2], strict=True)]
            self.size *= 2
        self.least, self.left = self.NONE, self.size

    def all(self) -> list[tuple[int, int]]:
        return [*self.points, self.at] if self.least < self.NONE else self.points


def _took(point: tuple[int, int]) -> int:
    return point[1] - point[0]


class Fit(NamedTuple):
    """How far a clock is ahead of another one: `ahead` µs at the time 0, and `gains` a µs. `apart`: by how much `ahead` may be
    wrong."""

    ahead: float
    gains: float
    least: float
    most: float
    apart: float


def fit(above: list[Point], below: list[Point]) -> Fit | None:
    """The straight line between bounds from above and from below that changes the least, and lies in the middle.

    A tenth of the bounds may be left out for it. None if there is none.
    """
    above, below = [*above], [*below]
    spare = (len(above) + len(below)) // ODD
    while True:
        least, most = -FASTEST, FASTEST
        odd_above = [0] * len(above)
        odd_below = [0] * len(below)
        for i, (x, high) in enumerate(above):
            for j, (y, low) in enumerate(below):
                if low - high > FASTEST * abs(y - x):
                    odd_above[i] += 1
                    odd_below[j] += 1
                elif y > x:
                    least = max(least, (low - high) / (y - x))
                elif y < x:
                    most = min(most, (low - high) / (y - x))
        worst = max((*odd_above, *odd_below))
        if not worst and least <= most:
            break
        if not spare:
            return None
        if not worst:  # no two are against each other, and yet no line goes between all: the closest one is left out
            tightest = min(range(len(above)), key=lambda i: above[i][1])
            del above[tightest]
        elif worst in odd_above:
            del above[odd_above.index(worst)]
        else:
            del below[odd_below.index(worst)]
        spare -= 1
        if not above or not below:
            return None
    gains = 0.0 if least <= 0 <= most else (least + most) / 2
    highest = min(high - gains * x for x, high in above)
    lowest = max(low - gains * y for y, low in below)
    return Fit((highest + lowest) / 2, gains, least, most, max(0.0, (highest - lowest) / 2))


def _clocks(bounds: dict[tuple[str, str], _Bounds], middle: int) -> list[Clock]:
    fits: dict[str, dict[str, Fit]] = {}
    unsteady: dict[str, dict[str, None]] = {}
    for (one, other), ahead in bounds.items():
        back = bounds.get((other, one))
        if one < other and back is not None:
            found = fit(
                [(sent - middle, shown - sent) for sent, shown in ahead.all()],
                [(shown - middle, sent - shown) for sent, shown in back.all()],
            )
            if found is None:
                unsteady.setdefault(one, {})[other] = unsteady.setdefault(other, {})[one] = None
            else:
                fits.setdefault(one, {})[other] = found
                ahead_, gains, least, most, apart = found
                fits.setdefault(other, {})[one] = Fit(-ahead_, -gains, -most, -least, apart)
    clocks: dict[str, Clock] = {}
    for group, found_ways in enumerate(_groups(fits)):
        right = median_low(way.ahead for way in found_ways.values())
        steady = next(device for device, way in found_ways.items() if way.ahead == right)
        for device, way in _reach(fits, steady).items():
            drift, least, most = (round(1e6 * each, 1) + 0.0 for each in (way.gains, way.least, way.most))
            clocks[device] = Clock(device, round(way.ahead), round(way.apart), drift, least, most, "", group)
    known = dict(clocks)
    usual = median_low([1, *(clock.uncertainty for clock in known.values() if clock.uncertainty)])
    for device in dict.fromkeys(device for pair in bounds for device in pair):
        if device in unsteady and device not in known:
            clocks[device] = Clock(device, 0, 0, bound="unsteady")
        elif device not in known:
            one_way = _one_way(device, bounds, known, middle, usual)
            if one_way is not None:
                clocks[device] = one_way
    return list(clocks.values())


def _groups(fits: dict[str, dict[str, Fit]]) -> Iterator[dict[str, Fit]]:
    """Of all devices that can be compared, over others if need be: how far each is ahead of one of them."""
    left = dict.fromkeys(sorted(fits))
    while left:
        ways = _reach(fits, max(left, key=lambda device: len(fits[device])))
        left = {device: None for device in left if device not in ways}
        yield ways


def _reach(fits: dict[str, dict[str, Fit]], root: str) -> dict[str, Fit]:
    """How far each device is ahead of the root, over the closest pairs."""
    ways: dict[str, Fit] = {}
    heap = [(0.0, root, Fit(0.0, 0.0, 0.0, 0.0, 0.0))]
    while heap:
        _, device, way = heapq.heappop(heap)
        if device in ways:
            continue
        ways[device] = way
        for other, step in fits[device].items():
            if other not in ways:
                on = Fit(*(a + b for a, b in zip(way, step, strict=True)))
                heapq.heappush(heap, (on.apart, other, on))
    return ways


def _one_way(
    device: str, bounds: dict[tuple[str, str], _Bounds], known: dict[str, Clock], middle: int, usual: int
) -> Clock | None:
    """What can be said of a device that only shows what others send, or only sends."""
    most: list[int] = []
    least: list[int] = []
    for (sender, shower), those in bounds.items():
        if device in (sender, shower):
            other = known.get(sender if shower == device else shower)
            right = other.correction(middle) if other is not None else _as_it_is
            apart = other.uncertainty if other is not None and other.wrong else 0
            if shower == device:
                most += [shown - right(sent) + apart for sent, shown in those.all()]
            else:
                least += [sent - right(shown) - apart for sent, shown in those.all()]
    if most and (not least or min(most) < 0):
        return Clock(device, min(most), usual, bound="most")
    return Clock(device, max(least), usual, bound="least") if least else None


def _whose(turned: Turned, of: dict[str, Clock]) -> str:
    """Whose clock is probably wrong: that of the two which is further from most others, if there are others."""
    wrong = [of[device] for device in (turned.sender, turned.device) if device in of and of[device].wrong]
    if not wrong or any(clock.bound == "unsteady" for clock in wrong):
        return ""
    worse = max(wrong, key=lambda clock: abs(clock.offset))
    others = [
        c for c in of.values() if c.device != worse.device and not c.bound and (worse.bound or c.group == worse.group)
    ]
    return worse.device if len(others) > 1 else ""
