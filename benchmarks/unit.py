"""The unit of cost: one bare SimPy time-out with a callback. Beside it, the same done with nothing but a heap.

Neither uses anything of Parley's, so that a machine, and not a revision, is what they measure. Both run chains of events, of
which each schedules the next one; they take what `time.process_time` says, so that what else the machine does is no part of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from heapq import heappop, heappush

import simpy

CHAINS = 100
EVENTS = 100_000


def bare() -> float:
    """Seconds of CPU for one SimPy time-out with a callback."""
    env = simpy.Environment()
    left = EVENTS

    def step(_: object) -> None:
        nonlocal left
        left -= 1
        if left > 0:
            env.timeout(7).callbacks.append(step)

    for i in range(CHAINS):
        env.timeout(i).callbacks.append(step)
    start = time.process_time()
    env.run()
    return (time.process_time() - start) / EVENTS


def heap() -> float:
    """Seconds of CPU for one callback from a heap of Python's: what no simulator in Python is below."""
    queue: list[tuple[int, int, Callable[[int], None]]] = []
    left = number = EVENTS

    def step(now: int) -> None:
        nonlocal left, number
        left -= 1
        if left > 0:
            number += 1
            heappush(queue, (now + 7, number, step))

    for i in range(CHAINS):
        heappush(queue, (i, i, step))
    start = time.process_time()
    while queue:
        now, _, do = heappop(queue)
        do(now)
    return (time.process_time() - start) / EVENTS
