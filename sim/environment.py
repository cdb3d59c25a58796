"""The clock: a SimPy environment whose time is an integer of microseconds and whose ties are explored.

Three things differ from `simpy.Environment`:

- The heap holds bare callbacks beside SimPy's events: `(time, tie, number, function, argument, cause)`. A hop, a timer
  or a device's reaction waits for nothing, so it is a callback and not a process: that is most of the traffic.
- Things due at the same microsecond run in the order of a *tie*, a 32-bit integer that comes from whatever is
  scheduled (a message's draw, a node's own count) and never from a global number: a global number would shift every
  later tie when one fault is taken away. With `explore_ties=False` the order is first in, first out, as in SimPy.
- Every callback carries the history index that was current when it was scheduled, and restores it when it runs.
  This is how an event knows its cause without anything being passed by hand.

Requirements: V7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import repeat
from typing import Any

import simpy
from simpy.core import SimTime
from simpy.events import NORMAL, Event, EventPriority, Process

from sim.lanes import Caller, Lane, Waiting

Action = Callable[[Any], object]

STUCK_AFTER = 500_000
"""So many callbacks in one microsecond, or all that a run may take, are a loop that takes no time."""


class Stuck(Exception):
    """Simulated time does not move any more, or only in so many steps that the run would not end."""


_LANES = 50
"""So many lengths of time-outs get a lane: those of settings. Others are what is left of one, and hardly come twice."""

FIRST = -1
"""The tie of what must run before anything else that is due at the same microsecond: the actions of a plan."""


class Environment(simpy.Environment):
    """Integer-time SimPy environment; see the module's text. `cause` is the index of the event being reacted to."""

    _queue: list[Any]

    def __init__(self, *, explore_ties: bool = True) -> None:
        super().__init__(0)
        self.cause = -1
        self.budget = 1 << 62
        """How many callbacks may be scheduled before the run is given up as endless."""
        self.tie_mask = (1 << 32) - 1 if explore_ties else 0
        self._lanes: dict[int, Lane] = {}
        """By how many µs after its call a time-out is due."""
        passed = Event(self)
        passed._ok, passed._value, passed.callbacks = True, None, None  # type: ignore[assignment]
        self.passed: Event = passed
        """An event that has already happened: a process that yields it goes on at once."""
        self.graveyard: list[object] = []
        """Generators of crashed nodes. Dropping one would run its `finally` blocks, which a killed process never does."""

    def at(self, delay: int, tie: int, then: Action, arg: Any = None) -> None:
        """Runs `then(arg)` in `delay` µs. Equal times run by `tie` (lower 32 bits), then in order of scheduling."""
        heappush(self._queue, (self._now + delay, tie & self.tie_mask, next(self._eid), then, arg, self.cause))

    def give_up(self, delay: int, tie: int, then: Action, call: Waiting) -> None:
        """Runs `then(call)` in `delay` µs, as `at` does, for a call that is hardly ever without an answer by then."""
        entry = (int(self._now) + delay, tie & self.tie_mask, next(self._eid), then, call, self.cause)
        lane = self._lanes.get(delay)
        if lane is not None:
            lane.add(entry)
        elif len(self._lanes) < _LANES:
            lane = self._lanes[delay] = Lane(self._queue)
            lane.add(entry)
        else:
            heappush(self._queue, entry)

    def told_late(self, life: Caller) -> None:
        """A node is paused: time-outs of its calls come up even if they were answered, and are told to it when it runs on."""
        for lane in self._lanes.values():
            lane.told_late(life, int(self._now))

    def at_first(self, time: int, then: Action, arg: Any = None) -> None:
        """Runs `then(arg)` at `time` µs, before everything else that is due then, in order of scheduling."""
        if time < self._now:
            raise ValueError(f"cannot schedule at {time} µs: it is {self._now} µs already")
        heappush(self._queue, (time, FIRST, next(self._eid), then, arg, self.cause))

    def scheduled(self) -> Iterator[tuple[Action, Any]]:
        """Yield what is due later, as callbacks with their argument, in no order."""
        return ((then, arg) for _, _, _, then, arg, _ in self._queue)

    def under_way(self, then: Action, event: Event) -> Iterator[tuple[str, Any]]:
        """Yield what a scheduled callback of the environment means: (node, what). It is no node's."""
        yield "", ("happens", type(event))

    def run_until(self, time: int) -> None:
        """Runs everything that is due at or before `time` µs, and leaves the clock there."""
        queue = self._queue
        self._check_budget()
        at_once = min(STUCK_AFTER, self.budget)  # a small budget is not overrun by far, even if time stands still
        while True:
            began = self._now
            for _ in repeat(None, at_once):
                if not queue or queue[0][0] > time:
                    self._now = time
                    self.cause = -1
                    return
                self._now, _, _, then, arg, self.cause = heappop(queue)
                then(arg)
            if self._now == began:
                raise Stuck(f"time stands still at {began} µs: {at_once:,} callbacks ran, and none took any time")
            self._check_budget()

    def _check_budget(self) -> None:
        if next(self._eid) > self.budget:
            raise Stuck(
                f"more than {self.budget:,} callbacks by {self._now / 1e6:.6f} s: something is repeated without end"
            )

    # --- SimPy's own events go through the same heap ---------------------------------------------------------------

    def schedule(self, event: Event, priority: EventPriority = NORMAL, delay: SimTime = 0) -> None:
        if isinstance(event, Process) and event._ok and not event.callbacks:
            event.callbacks = None  # type: ignore[assignment]  # a handler that nobody waits for is simply over
            return
        heappush(self._queue, (self._now + int(delay), 0, next(self._eid), self._happen, event, self.cause))

    def _happen(self, event: Event) -> None:
        callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
        for callback in callbacks:
            callback(event)
        if not event._ok and not hasattr(event, "_defused"):
            raise event._value

    def step(self) -> None:
        """One entry of the heap, for SimPy's own `run`."""
        if not self._queue:
            raise simpy.core.EmptySchedule
        self._now, _, _, then, arg, self.cause = heappop(self._queue)
        then(arg)


class Signal(Event):
    """A SimPy event that happens on the spot when it is fired, without a turn through the heap."""

    def fire(self, value: Any = None, _arg: Any = None) -> None:
        self._ok, self._value = True, value
        callbacks, self.callbacks = self.callbacks, None  # type: ignore[assignment]
        for callback in callbacks:
            callback(self)
