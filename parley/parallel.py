"""Work in several processes, its results in order, and what an interruption leaves whole.

Requirements: V5.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
import sys
import threading
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from model.moved import MovedWarning
from parley.errors import BadInput

T = TypeVar("T")


def chunks(todo: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """What is to be done in its order, so much at a time."""
    for start in range(0, len(todo), size):
        yield todo[start : start + size]


PRELOADED = ["parley.campaign"]
"""What workers need: imported once, by the process that they are copies of."""


def _forget() -> None:
    """A copy of this process, made by somebody's fork, has no part in the process that this one has started."""
    known: Any = sys.modules.get("multiprocessing.forkserver")
    if known is not None:
        known._forkserver.__init__()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def begin() -> None:
    """Starts the process that workers will be copies of. Meanwhile this one may import what it needs itself.

    An interruption is not for it, and so not for its copies. Does nothing where processes can't be copied like that.
    """
    if not hasattr(os, "fork"):
        return
    from multiprocessing import forkserver

    heard = None
    if threading.current_thread() is threading.main_thread():
        heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        forkserver.set_forkserver_preload(PRELOADED)
        forkserver.ensure_running()
    finally:
        if heard is not None:
            signal.signal(signal.SIGINT, heard)


def in_order(
    work: Callable[..., T],
    todo: Sequence[tuple[Any, ...]],
    jobs: int,
    meanwhile: Callable[[], object] = lambda: None,
) -> Generator[T]:
    """What `work` makes of each, in order, as soon as it is there: in this process, or in `jobs` others.

    These do nothing of what this one will do later: that can be done `meanwhile`. Closing it gives up what has not been done.
    """
    if jobs == 1 or len(todo) < 2:
        for each in todo:
            yield work(*each)
        return
    from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    begin()
    pool = ProcessPoolExecutor(jobs, get_context("forkserver" if hasattr(os, "fork") else "spawn"), deaf)
    left, busy = iter(todo), set[Future[T]]()
    waiting: deque[Future[T]] = deque()
    done = False

    def fill() -> None:
        """Has each worker do something, and something ready for it; what is not asked for waits until it is."""
        busy.difference_update([each for each in busy if each.done()])
        for each in islice(left, max(0, min(2 * jobs - len(busy), MOST_WAITING - len(waiting)))):
            waiting.append(pool.submit(work, *each))
            busy.add(waiting[-1])

    try:
        fill()
        meanwhile()
        while waiting:
            fill()
            if waiting[0].done():
                yield waiting.popleft().result()
            else:
                wait(busy, return_when=FIRST_COMPLETED)
        done = True
    except BrokenProcessPool:
        raise BadInput(
            "a process that worked ended by itself, or was ended: expected a variant that only answers, or more memory; "
            "with --jobs 1 it is said where that came up"
        ) from None
    finally:
        workers = [] if done else [*(pool._processes or {}).values()]
        pool.shutdown(wait=done, cancel_futures=True)
        for worker in workers:
            worker.kill()


MOST_WAITING = 1_000
"""So many results may wait for an earlier one."""


def deaf() -> None:
    """Leaves to the process that began this one an interruption, and to tell of a variant's old imports. Ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.disable()  # a crash of a variant in C is told in one line
    warnings.filterwarnings("ignore", category=MovedWarning)
    gc.freeze()
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:

        def follow() -> None:
            parent.join()
            os._exit(130)

        threading.Thread(target=follow, daemon=True, name="parent").start()


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
