"""How much a node can do at once: a line of requests before so many servers, first come, first served.

A line costs no turn through the heap while nobody waits: it keeps when each server becomes free, and a request that finds a
free one is served on the spot. One that doesn't waits until it is its turn. A server is busy for a request's service time,
and whether the answer leaves before or after that is the node's own affair.

Requirements: R1, V8.
"""

from __future__ import annotations

from heapq import heapreplace
from typing import Any, NamedTuple


class Waiting(NamedTuple):
    """A request that waits for its turn: its number in the line, since when, and what is to be done."""

    ticket: int
    since: int
    request: Any

    def comparable(self) -> tuple[Any, ...]:
        """Return what waits, whatever its number and since when."""
        return (self.request,)


class Line:
    """The servers of a node, and who waits for one."""

    __slots__ = ("_next", "busy", "free", "waiting")

    def __init__(self, servers: int) -> None:
        self.free = [0] * max(1, servers)
        """A heap: when each server becomes free, in µs."""
        self._next = 1
        self.busy = 0
        """For how many µs servers were, or will be, busy, all together."""
        self.waiting: list[Waiting] = []
        """In the order in which they came."""

    def comparable(self) -> tuple[Any, ...]:
        """Return who waits. When a server becomes free is a matter of time, as the latency of a message is."""
        return tuple(self.waiting)

    def enter(self, now: int, takes: int) -> int:
        """Takes a server for `takes` µs as soon as it is this one's turn; returns how many µs it has to wait."""
        begins = max(now, self.free[0])
        self.busy += takes
        heapreplace(self.free, begins + takes)
        return begins - now

    def ahead(self, now: int) -> int:
        """How many µs one that comes now would have to wait."""
        return max(0, self.free[0] - now)

    def join(self, now: int, request: Any) -> Waiting:
        """Puts a request at the end of the line."""
        entry = Waiting(self._next, now, request)
        self._next += 1
        self.waiting.append(entry)
        return entry
