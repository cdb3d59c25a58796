"""Which faults were on while something was under way: before any, during, after them.

Requirements: R1, R2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.history import FaultEnded, FaultStarted

PHASES = CALM, FAULTS, AFTER, PROBE = "calm", "faults", "after", "probe"

SETTLES = 180_000_000
"""How long after a fault's end, in µs, what it did may still be felt: a dead connection is noticed within 100 s, the pause
before the next try is 60 s at most, and the rest is retries of a few seconds."""


class Phases:
    """Tells the phase of each stretch of time that ends now.

    `faults`: a fault was on in it. `after`: none was, but one ended less than `SETTLES` before it. `calm`: neither, so that it is
    before any fault, or long after the last. `probe`: it began when a system that had converged was probed. A fault that strikes
    once and has no end is on until healing.
    """

    def __init__(self) -> None:
        self._on: dict[int, str] = {}
        """The faults that are on: by number, their kinds."""
        self._ended: dict[str, int] = {}
        """By kind: when the last fault of it ended (µs)."""
        self._last: int | None = None
        self._probed: int | None = None
        """When the probe began (µs)."""

    def started(self, event: FaultStarted) -> None:
        """A fault takes effect."""
        self._on[event.fault] = event.kind

    def ended(self, event: FaultEnded) -> None:
        """A fault is over."""
        if self._on.pop(event.fault, None) is not None:
            self._ended[event.kind] = self._last = event.t

    def healed(self, t: int) -> None:
        """All faults are over."""
        for kind in self._on.values():
            self._ended[kind] = self._last = t
        self._on.clear()

    def stretches(self, since: int, until: int) -> Iterator[tuple[str, int]]:
        """The phases of the time between the two (µs), in which no fault began or ended, each with how long it was."""
        if self._on:
            yield FAULTS, until - since
            return
        settled = since if self._last is None else min(max(self._last + SETTLES, since), until)
        if settled > since:
            yield AFTER, settled - since
        if settled < until:
            yield CALM, until - settled

    def probed(self, t: int) -> None:
        """The system has converged, and is probed."""
        self._probed = t

    def phase(self, since: int) -> str:
        """The phase of the time from `since` (µs) until now."""
        if self._probed is not None and since >= self._probed:
            return PROBE
        if self._on:
            return FAULTS
        if self._last is None or self._last <= since - SETTLES:
            return CALM
        return FAULTS if self._last > since else AFTER

    def kinds(self, since: int) -> Sequence[tuple[str, str]]:
        """Each kind of fault that was on in the time from `since` (µs) until now, or ended shortly before it, with its phase."""
        if self._probed is not None and since >= self._probed:
            return ()
        if not self._on and (self._last is None or self._last <= since - SETTLES):
            return ()
        on = dict.fromkeys(self._on.values())
        found = [(kind, FAULTS) for kind in on]
        for kind, end in self._ended.items():
            if end > since - SETTLES and kind not in on:
                found.append((kind, FAULTS if end > since else AFTER))
        return found
