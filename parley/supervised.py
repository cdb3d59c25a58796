"""A command that loads a variant runs in a child process, so that nothing that the variant does can end it without a word.

A variant is Python: it may call `os._exit(0)`, crash in C, or take all memory. The process that was started only waits. It says
how its child ended, unless the child said first that it ended as a command does. It passes signals on, and the child, as well as
the processes that work for it, end when it is gone, however it went.

Requirements: V2, N8.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType

from sim.limits import LIFT
from sim.printable import printable

OPTIONS = ("--protocol", "-p", "--trust", "--folder")
"""Options by which a command comes to load a file of somebody's."""

MEMORY = 4 << 30
"""So many bytes a command with a variant may take: a run takes a tenth of a GiB, and a machine without memory helps nobody."""

LOOK = 0.5
"""Seconds between two looks whether the process that began this one is still there."""

BAD_INPUT = 2

_said: int | None = None


def needed(arguments: Sequence[str]) -> bool:
    """Whether a command line loads a variant, on a system on which a process can be forked."""
    named = {argument.partition("=")[0] for argument in arguments} | {argument[:2] for argument in arguments}
    return hasattr(os, "fork") and not named.isdisjoint(OPTIONS)


def says(what: str) -> None:
    """Tells the waiting process what this one is about: it is told if nothing comes after it."""
    if _said is not None:
        with contextlib.suppress(OSError):
            os.write(_said, f"{what[:500]}\n".encode(errors="replace"))


def run(command: Callable[[], None], arguments: Sequence[str]) -> None:
    """Runs a command in a child, and ends as it ended; with one line and 2 if it did not end by itself."""
    global _said
    read, write = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        os.close(read)
        _said = write
        os.set_inheritable(write, False)
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)
        _limit(arguments)
        end_with(parent)
        _ended(command)
    os.close(write)
    _pass_on(child)
    last = _listen(read)
    code = _wait(child)
    if last.startswith("ended "):
        sys.exit(int(last.split()[1]))
    doing = f" ({printable(last)})" if last else ""
    sys.stderr.write(
        f"parley: the process in which the variant ran {_told(code)}{doing}: expected a variant that only answers, and takes "
        f"less than {MEMORY >> 30} GiB\n"
    )
    sys.stderr.flush()
    sys.exit(BAD_INPUT)


def _ended(command: Callable[[], None]) -> None:
    """Runs the command, says how it ended, and ends this process."""
    code = 3
    try:
        command()
        code = 0
    except SystemExit as exit:
        code = exit.code if isinstance(exit.code, int) else 0 if exit.code is None else 1
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        says(f"ended {code}")
    sys.exit(code)


def _limit(arguments: Sequence[str]) -> None:
    if LIFT in arguments:
        return
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY if most < 0 else min(MEMORY, most), most))


def end_with(parent: int) -> None:
    """Ends this process, and what it left in shared memory with it, soon after the one that began it is gone."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK)
        os._exit(130)

    threading.Thread(target=look, daemon=True, name="parent").start()


def _pass_on(child: int) -> None:
    """The child is in a group of its own, so that each signal reaches it once."""

    def pass_on(number: int, _: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, number)

    def stop(number: int, _: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGSTOP)
        os.kill(os.getpid(), signal.SIGSTOP)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGCONT)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, pass_on)
    signal.signal(signal.SIGTSTP, stop)


def _listen(read: int) -> str:
    """The last whole line that the child said, once there is nobody left who could say more."""
    last = rest = b""
    while some := os.read(read, 1 << 16):
        *lines, rest = (rest + some).split(b"\n")
        last = lines[-1] if lines else last
    os.close(read)
    return last.decode(errors="replace")


def _wait(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _told(code: int) -> str:
    if code >= 0:
        return f"ended itself with code {code}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"
