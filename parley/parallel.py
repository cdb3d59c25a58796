"""Work in several processes, its results in order, and what an interruption leaves whole.

Requirements: V5.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import threading
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from model.moved import MovedWarning
from parley.errors import BadInput
from parley.supervised import end_with

T = TypeVar("T")


def chunks(todo: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """What is to be done in its order, so much at a time."""
    for start in range(0, len(todo), size):
        yield todo[start : start + size]


def in_order(work: Callable[..., T], todo: Sequence[tuple[Any, ...]], jobs: int) -> Generator[T]:
    """What `work` makes of each, in order, as soon as it is there: in this process, or in `jobs` others.

    Closing it gives up what has not been done.
    """
    if jobs == 1 or len(todo) < 2:
        for each in todo:
            yield work(*each)
        return
    from concurrent.futures.process import BrokenProcessPool

    from joblib import Parallel, delayed  # which takes longer to import than a small run takes

    parallel = Parallel(n_jobs=jobs, return_as="generator", batch_size=1, initializer=deaf, initargs=(os.getpid(),))
    results = cast("Generator[T]", parallel(delayed(work)(*each) for each in todo))
    try:
        for result in results:  # noqa: UP028 -- `yield from` would close them before the `finally`
            yield result
    except BrokenProcessPool:
        raise BadInput(
            "a process that worked ended by itself, or was ended: expected a variant that only answers, or more memory; "
            "with --jobs 1 it is said where that came up"
        ) from None
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that work was given up, which nobody needs any more
            results.close()


def deaf(parent: int) -> None:
    """Leaves to the process that began this one an interruption, and to tell of a variant's old imports."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.disable()  # a crash of a variant in C is told in one line
    end_with(parent)
    warnings.filterwarnings("ignore", category=MovedWarning)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Keeps an interruption back until what a run showed is counted as well as written: never one without the other."""
    came: list[int] = []
    kept: dict[signal.Signals, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for each in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(each) is signal.default_int_handler:
                kept[each] = signal.signal(each, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for each, handler in kept.items():
            signal.signal(each, handler)
    if came:
        raise KeyboardInterrupt
