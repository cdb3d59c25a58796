"""Tries mutated files on all cores. This process has everything imported, and is forked for each hundred files.

A child takes files one after the other, and tells of each how it ended. One that dies, or takes too long, is replaced by
another, which goes on behind the file at which that came about. That file, and each of which anything bad is told, is tried
again alone, as the command is started: what counts is what comes of it there.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import io
import json
import os
import resource
import selectors
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import typer.main
from hostility import End, begun_anew, ended, shut_in
from support import ROOT

from fuzzing.mutation import KINDS, arguments, mutated
from parley import cli

TOGETHER = 100
"""So many files a child takes one after the other."""

SOON = 10
"""Seconds of processor time within which a file among others is done with: else it is tried alone."""

LATE = 30
"""Seconds of processor time that a file may take alone."""

WAIT = 180
"""Seconds of real time that it may take, on a machine that does other things."""


class Task(NamedTuple):
    """Files to be tried together, alone in a child of this process, or each by a process of its own."""

    how: str
    kind: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Tried:
    """What came of one file: `wrong` is '' if nothing that may not."""

    kind: str
    number: int
    how: str
    code: int
    wrong: str
    said: str
    seconds: float
    memory: int


def unclear(end: End, file: str) -> str:
    """Whether a refusal is one line that names the file, or one and what each line of a history lacks: '' if so."""
    if end.code != 2:
        return ""
    told = [line for line in end.err.splitlines() if "the old names work for this release" not in line]
    lines = [line for line in told if not line.startswith("  line ")]
    clear = (
        len(lines) == 1
        and lines[0].startswith("parley: ")
        and (file in lines[0] or "process in which the variant" in lines[0])
    )
    return "" if clear else "an unclear refusal"


def tried(kind: str, number: int, how: str, end: End, file: str) -> Tried:
    """What came of a file that ended so."""
    wrong = end.wrong() or unclear(end, file)
    return Tried(kind, number, how, end.code, wrong, end.err[-3000:] if wrong else "", end.seconds, end.memory)


@dataclass
class Child:
    """A process at work, and what it has not told of yet."""

    task: Task
    process: int
    pipe: int
    left: deque[int]
    deadline: float
    rest: bytes = b""


class Crew:
    """Tries files of one seed in so many processes, and yields what came of each, as it comes."""

    def __init__(self, folder: Path, seed: int = 1, jobs: int = 0) -> None:
        self.folder, self.seed = folder, seed
        self.jobs = jobs or os.cpu_count() or 1
        self._todo: deque[Task] = deque()
        self._children: dict[int, Child] = {}

    def work(self, tasks: Iterable[Task]) -> Iterator[Tried | None]:
        """Does these; yields None where for a while nothing comes. Ends its children however it ends itself."""
        self._todo.extend(tasks)
        _warm(self.folder, self.seed)
        try:
            with selectors.DefaultSelector() as waiting:
                while self._todo or self._children:
                    while self._todo and len(self._children) < self.jobs:
                        child = self._begin(self._todo.popleft())
                        waiting.register(child.pipe, selectors.EVENT_READ)
                    for key, _ in waiting.select(1.0):
                        yield from self._hear(self._children[key.fd], waiting)
                    yield None
                    for late in [each for each in self._children.values() if time.monotonic() > each.deadline]:
                        _kill(late.process)
                        late.deadline += 10
        finally:
            gc.unfreeze()
            for each in self._children.values():
                _kill(each.process)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(each.process, 0)

    def _begin(self, task: Task) -> Child:
        read, write = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        process = os.fork()
        if process == 0:
            os.close(read)
            for other in self._children.values():
                os.close(other.pipe)
            _in_child(task, self.folder, self.seed, write)
        os.close(write)
        child = Child(task, process, read, deque(task.numbers), time.monotonic() + WAIT)
        self._children[read] = child
        return child

    def _hear(self, child: Child, waiting: selectors.BaseSelector) -> Iterator[Tried]:
        some = os.read(child.pipe, 1 << 16)
        *lines, child.rest = (child.rest + some).split(b"\n")
        for line in lines:
            found = Tried(**json.loads(line))
            child.left.popleft()
            child.deadline = time.monotonic() + WAIT
            if found.wrong and found.how == "together":
                self._todo.append(Task("alone", found.kind, (found.number,)))
            else:
                yield found
        if some:
            return
        waiting.unregister(child.pipe)
        os.close(child.pipe)
        del self._children[child.pipe]
        _, status = os.waitpid(child.process, 0)
        if child.left:
            how, kind, _ = child.task
            died = child.left.popleft()
            if how == "together":
                self._todo.append(Task("alone", kind, (died,)))
            else:
                yield Tried(kind, died, how, os.waitstatus_to_exitcode(status), "a hang", "its child ended", WAIT, 0)
            if child.left:
                self._todo.appendleft(Task(how, kind, tuple(child.left)))


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


def _warm(folder: Path, seed: int) -> None:
    """Imports what a command of each kind imports once it runs, so that no child has to."""
    kept = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    variant = folder / "warm.py"
    variant.write_text("from model.protocol import REFERENCE, variant\nPROTOCOL = variant('x')\n")
    story = str(ROOT / "scenarios" / "stories" / "plain.toml")
    for given in (
        ("run", story, "--story"),
        ("run", story, "--protocol", str(variant)),
        ("replay", str(ROOT / "tests/compat/plans/story-plain.json")),
        ("verify", str(ROOT / "tests/compat/histories/plain-all.jsonl"), "--all"),
        ("verify", str(ROOT / "tests/compat/histories/plain-all.jsonl"), "--json"),
        ("lint", str(ROOT / "tests/compat/histories/plain-all.jsonl")),
    ):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            _command(given)
    for each, handler in kept.items():
        signal.signal(each, handler)
    for kind in KINDS:
        for number in range(20):
            mutated(kind, number, seed)
    gc.collect()
    gc.freeze()


def _command(given: tuple[str, ...]) -> int:
    """The code of a command in this process."""
    sys.argv = ["parley", *given]
    try:
        cli.main()
    except SystemExit as exit:
        return exit.code if isinstance(exit.code, int) else 0 if exit.code is None else 1
    return 0


def _in_child(task: Task, folder: Path, seed: int, pipe: int) -> None:
    ours = os.dup(2)
    faulthandler.disable()
    try:
        if task.how == "together":
            out, err = (os.open(folder / f"{os.getpid()}.{name}", os.O_RDWR | os.O_CREAT) for name in ("out", "err"))
            shut_in(out, err)
            # Else it is made anew for each command, which takes longer than most files.
            setattr(typer.main, "get_command", cache(typer.main.get_command))  # noqa: B010
        else:
            os.setpgid(0, 0)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        for number in task.numbers:
            file = folder / f"{task.how}-{task.kind}-{number}{KINDS[task.kind]}"
            file.write_bytes(mutated(task.kind, number, seed))
            given = arguments(task.kind, number, file, seed)
            if task.how == "together":
                end = _among_others(given)
            else:
                end = (begun_anew if task.how == "command" else ended)(*given, seconds=LATE, wait=WAIT - 20)
            file.unlink()
            told = tried(task.kind, number, task.how, end, str(file))
            os.write(pipe, json.dumps(asdict(told)).encode() + b"\n")
    except BaseException:
        with contextlib.suppress(BaseException):
            os.write(ours, traceback.format_exc().encode())
    finally:
        os._exit(0)


def _among_others(given: tuple[str, ...]) -> End:
    """How a command ends in this process, which takes others after it."""
    began = time.process_time()
    for stream in (1, 2):
        os.ftruncate(stream, 0)
        os.lseek(stream, 0, os.SEEK_SET)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, SOON)
    try:
        code = _command(given)
    except BaseException:
        code = 3
        traceback.print_exc()
    signal.setitimer(signal.ITIMER_PROF, 0)
    sys.stdout.flush()
    sys.stderr.flush()
    told = [os.pread(stream, os.fstat(stream).st_size, 0).decode(errors="backslashreplace") for stream in (1, 2)]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return End(code, told[0], told[1], time.process_time() - began, memory)
