"""A variant's own loop that never ends is an error that says where, and not a command that never answers.

The limit on callbacks (`Run`) sees a loop in simulated time. A `while True` inside one decision schedules nothing, so that
only a clock can tell: one reaction of the simulated system, or the reading of a variant's file, that takes more than
`LIMIT` seconds of real time is given up. A reaction takes microseconds, and the longest of the bundled scenarios some
milliseconds. It ends in an error, never in a history: no result depends on a clock.

Requirements: V2, V7.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

from model.deployment import Deployment
from sim.environment import Environment

TICK = 1.0
"""Seconds between two looks."""

LIMIT = 30
"""So many looks in a row that find the same reaction still going on, and it is given up: half a minute."""


class Hung(BaseException):
    """One reaction does not come to an end. No Exception: a variant's `except Exception` must not go on with its loop."""

    def __init__(self) -> None:
        super().__init__(f"this does not come to an end: it was given up after {LIMIT * TICK:g} s")


_OUTER: set[CodeType] = {Environment.run_until.__code__, Deployment.__init__.__code__}
"""What these call is a reaction, which must come to an end."""

_watching = False


def bounds(function: Any) -> Any:
    """Marks one more such function."""
    _OUTER.add(function.__code__)
    return function


def _reaction(frame: FrameType | None) -> FrameType | None:
    """The reaction that is going on: what the innermost marked function has called."""
    while frame is not None and frame.f_back is not None and frame.f_back.f_code not in _OUTER:
        frame = frame.f_back
    return frame if frame is not None and frame.f_back is not None else None


@contextmanager
def watching(variant: bool = True) -> Iterator[None]:
    """Raises Hung inside a reaction of a variant that does not end. Does nothing off the main thread, or without such a timer."""
    global _watching
    main = threading.current_thread() is threading.main_thread()
    if not variant or _watching or not main or not hasattr(signal, "setitimer"):
        yield
        return
    last: FrameType | None = None
    times = 0

    def look(_: int, frame: FrameType | None) -> None:
        nonlocal last, times
        now = _reaction(frame)
        times = times + 1 if now is not None and now is last else 0
        last = now
        if times >= LIMIT:
            raise Hung

    _watching = True
    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        last = None
        _watching = False
