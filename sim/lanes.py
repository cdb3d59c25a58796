"""Time-outs of calls, kept out of the heap: nearly every call is answered, and its time-out then costs next to nothing.

Calls that are given up after the same time are given up in the order in which they were made, so they wait in a *lane*, and only
the first of them that has no answer yet is in the heap. Whoever was answered by then is passed over. What runs, in which order,
and what has which cause, is as if each of them were in the heap.

A node that is paused takes notice of nothing, and is told afterwards how many callbacks waited for it, time-outs of answered
calls among them. So one that was passed over is kept until its time, and `told_late` puts those of a node into the heap.

Requirements: N1, F2.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from heapq import heappush
from typing import Any, Protocol


class Caller(Protocol):
    """What is asked of the life of a node that has called."""

    running: bool
    dead: bool
    calls: dict[int, Any]
    """Those without an answer, by their number."""


Waiting = tuple[Caller, int]
"""A call that waits for its answer: the life of its caller, and its number there."""

Entry = tuple[int, int, int, Callable[[Any], object], Waiting, int]
"""What the heap holds: time, tie, number, function, argument, cause."""

_NONE = -1


class Lane:
    """The time-outs of one length."""

    __slots__ = ("_ahead", "_due", "_passed", "_queue")

    def __init__(self, queue: list[Any]) -> None:
        self._queue = queue
        self._due = _NONE
        """When those are due that are in the heap."""
        self._ahead: deque[Entry] = deque()
        self._passed: deque[Entry] = deque()
        """Of calls that were answered; their time has not come."""

    def add(self, entry: Entry) -> None:
        """Takes a time-out that is due at the same time as the one before it, or later."""
        due = self._due
        if due == _NONE:
            self._put_first(entry)
        elif due == entry[0]:
            heappush(self._queue, entry)  # all that are due at once are in the heap together: their order is by tie
        else:
            self._ahead.append(entry)

    def told_late(self, life: Caller, now: int) -> None:
        """A node is paused: those that were passed over come up, too, and are told to it when it runs on."""
        kept: deque[Entry] = deque()
        for entry in self._passed:
            if entry[4][0] is life and entry[0] >= now:
                heappush(self._queue, entry)
            else:
                kept.append(entry)
        self._passed = kept

    def under_way(self, then: Callable[[Any], object], arg: Entry) -> Iterator[tuple[str, Any]]:
        """Yield what a scheduled callback means: nothing, for the calls of a node say what it waits for."""
        yield from ()

    def _put_first(self, entry: Entry) -> None:
        due, tie, number, _, _, cause = entry
        self._due = due
        heappush(self._queue, (due, tie, number, self._first_is_due, entry, cause))

    def _first_is_due(self, first: Entry) -> None:
        now, _, _, then, call, _ = first
        passed, ahead = self._passed, self._ahead
        while passed and passed[0][0] < now:
            passed.popleft()
        self._due = _NONE
        while ahead:
            entry = ahead.popleft()
            life, number = entry[4]
            if number in life.calls or not (life.running or life.dead):
                self._put_first(entry)
                while ahead and ahead[0][0] == entry[0]:
                    heappush(self._queue, ahead.popleft())
                break
            passed.append(entry)
        then(call)
