"""Runs the command in a forked child with limits, and says how it ended: for files that want to do harm."""

from __future__ import annotations

import contextlib
import io
import os
import re
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from parley.cli import COMMANDS

for _command in COMMANDS:
    import_module(f"parley.commands.{_command.replace('-', '_')}")  # once, and not in each child

GIB = 1 << 30
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")
"""What a terminal would obey."""


@dataclass(frozen=True)
class End:
    """How a command ended: its code (below 0: the signal), what it said, how long it took, and how much memory."""

    code: int
    out: str
    err: str
    seconds: float
    memory: int

    def wrong(self) -> str:
        """What no input may bring about; '' if nothing of it came about."""
        if self.code in (-signal.SIGKILL, -signal.SIGXCPU):
            return "a hang"
        if "Traceback" in self.err or "internal error" in self.err or self.code == 3:
            return "a traceback"
        if RAW.search(self.out + self.err):
            return "a raw control character"
        if self.memory > GIB:
            return "over 1 GiB"
        return "" if self.code in (0, 1, 2, 4) else f"code {self.code}"

    def refused(self, what: str) -> str:
        """Whether it was refused as bad input has to be: '' if so, or else what is wrong."""
        if wrong := self.wrong():
            return f"{wrong}: {self.err[-600:]}"
        lines = [line for line in self.err.splitlines() if "the old names work for this release" not in line]
        if self.code != 2 or len(lines) != 1 or not lines[0].startswith("parley: ") or what not in lines[0]:
            return f"code {self.code}, said {self.err[-600:]!r}"
        return ""


def ended(*arguments: str, seconds: float = 20, wait: float = 0, prepare: Callable[[], Any] = lambda: None) -> End:
    """How `parley ARGUMENTS` ends, in a child of this process. One that takes longer is killed."""

    def command() -> None:
        from parley.__main__ import main

        prepare()
        sys.argv = ["parley", *arguments]
        main()

    return forked(command, seconds, wait)


def begun_anew(*arguments: str, seconds: float = 20, wait: float = 0) -> End:
    """How `parley ARGUMENTS` ends as a process of its own, with nothing imported before it."""

    def command() -> None:
        os.execv(sys.executable, [sys.executable, "-m", "parley", *arguments])

    return forked(command, seconds, wait)


def forked(command: Callable[[], None], seconds: float = 20, wait: float = 0) -> End:
    """How a function ends in a child of this process, which may take a GiB more than this one has, and so many seconds.

    They are of real time, or, if it may `wait` longer, as beside other work, of processor time.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            _in_child(command, out.fileno(), err.fileno(), seconds)
        code, usage = _waited(child, began + max(seconds, wait))
        took = time.monotonic() - began
        told = []
        for stream in (out, err):
            stream.seek(0)
            told.append(stream.read().decode(errors="backslashreplace"))
    return End(code, told[0], told[1], took, usage.ru_maxrss * 1024)


def shut_in(out: int, err: int) -> None:
    """Makes of this process a child with streams of its own, a group of its own, and a GiB more than its parent has."""
    os.setpgid(0, 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    sys.stdout = io.TextIOWrapper(open(1, "wb", closefd=False), encoding="utf-8", write_through=True)  # noqa: SIM115
    sys.stderr = io.TextIOWrapper(open(2, "wb", closefd=False), encoding="utf-8", write_through=True)  # noqa: SIM115
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(each, signal.default_int_handler if each == signal.SIGINT else signal.SIG_DFL)
    here = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()  # noqa: SIM115
    resource.setrlimit(resource.RLIMIT_AS, (here + GIB, here + GIB))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _in_child(command: Callable[[], None], out: int, err: int, seconds: float) -> None:
    code = 3
    try:
        shut_in(out, err)
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
        command()
        code = 0
    except SystemExit as exit:
        code = exit.code if isinstance(exit.code, int) else 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _waited(child: int, deadline: float) -> tuple[int, resource.struct_rusage]:
    pause = 0.002
    while True:
        done, status, usage = os.wait4(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status), usage
        if time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            _, status, usage = os.wait4(child, 0)
            return os.waitstatus_to_exitcode(status), usage
        time.sleep(pause)
        pause = min(0.02, pause * 1.5)
