"""Judges a record while it is written: a file that grows, or a pipe. A violation is told as soon as it is proven.

It ends at a line of Ended, where a pipe ends, when the file is deleted, or when it is interrupted: what was found by then stays
found. It waits for lines without using a processor. What it keeps in memory is what `verify` keeps; of standard input and of a
pipe, which can't be read again, a copy is kept on disk for the lines that prove something.

Requirements: V1, R1.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, Any

from parley.errors import BadInput
from parley.judged.times import Face
from parley.judged.verifying import Verified, judged
from parley.record.reading import Reader, plain
from properties.base import Violation
from properties.judge import Judge
from reports.text.narrative import line as told
from sim.history import Ended, Event

WAIT = 0.2
"""Seconds after which a file is looked at again."""

Tell = Callable[[Violation, list[tuple[int, str]]], None]
"""Told of a violation, with the lines that prove it: their numbers, and what they say."""


class Growing:
    """A file or pipe as it grows: reading waits until there is more, and gives b'' when there never will be."""

    def __init__(self, stream: IO[bytes], name: str, kept: IO[bytes] | None) -> None:
        self.interrupted = False
        self.over = False
        """Nothing more is wanted."""
        self.unusable: Callable[[], bool] = lambda: False
        """Whether a line can't be used, so that nothing more is wanted."""
        self._stream = stream
        self._name = name
        self._kept = kept
        self._grows = stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
        self._position = 0
        self._waiting = False

    def read(self, size: int) -> bytes:
        try:
            self._waiting = True
            while not self.over and not self.unusable():
                data = os.read(self._stream.fileno(), size)
                if data:
                    self._waiting = False
                    self._position += len(data)
                    if self._kept is not None:
                        self._kept.write(data)
                        self._kept.flush()
                    return data
                if not self._grows or self._ended():
                    break
                time.sleep(WAIT)
        except KeyboardInterrupt:
            pass
        finally:
            self._waiting = False
        return b""

    def _ended(self) -> bool:
        """Whether a file that has no more for now will have none. Raises BadInput if it was cut."""
        about = os.fstat(self._stream.fileno())
        if about.st_size < self._position:
            raise BadInput(f"{self._name}: it was longer before: it can be followed only while it grows")
        return about.st_nlink == 0

    def interrupt(self, _: int, __: FrameType | None) -> None:
        """Ends the waiting for more at once; what is being judged is judged to its end."""
        self.interrupted = self.over = True
        if self._waiting:
            raise KeyboardInterrupt


@contextmanager
def following(history: Path, tell: Tell) -> Iterator[tuple[Verified, Path, bool]]:
    """Judges a record as it grows: what was found, where it can be read again, and whether it was interrupted.

    Raises BadInput, with the lines that can't be used."""
    name = "standard input" if str(history) == "-" else str(history)
    with tempfile.NamedTemporaryFile(prefix="parley-", suffix=".jsonl") as copy, _opened(history) as stream:
        regular = stat.S_ISREG(os.fstat(stream.fileno()).st_mode) and str(history) != "-"
        growing = Growing(stream, name, None if regular else copy.file)
        path = history if regular else Path(copy.name)
        with _heard(growing.interrupt):
            found = _judged(growing, name, path, tell)
        yield found, path, growing.interrupted


def _opened(history: Path) -> IO[bytes]:
    try:
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb") if str(history) == "-" else history.open("rb")
    except OSError as error:
        raise BadInput(f"{history}: {error.strerror or error}") from None


@contextmanager
def _heard(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """With Ctrl-C and SIGTERM taken by a handler."""
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def _judged(growing: Growing, name: str, path: Path, tell: Tell) -> Verified:
    stream: Any = growing
    reader = Reader(stream, name)
    if not reader.header.records:
        raise BadInput(
            f"{name}: line 1: $.records: expected what the record will have, to be judged before it is whole"
        )
    growing.unusable = lambda: bool(reader.problems)
    shown = 0
    first: int | None = None

    def after(judge: Judge, block: list[Event]) -> None:
        nonlocal shown, first
        growing.over = growing.over or any(type(event).__name__ == Ended.__name__ for event in block)
        if first is None:
            first = next((event.t for event in block if event.t), None)
        new, shown = judge.violations[shown:], len(judge.violations)
        if new:
            _tell(new, path, Face(first or 0, block[-1].t), tell)

    found = judged(reader, reader.scope, after)
    _tell(found.violations[shown:], path, Face(found.first, found.last), tell)
    return found


def _tell(violations: list[Violation], path: Path, face: Face, tell: Tell) -> None:
    wanted = {index for violation in violations for index in violation.evidence}
    lines = _lines_at(path, wanted)
    for violation in violations:
        proof = [(i + 2, told(lines[i], at=face)) for i in violation.evidence if i in lines]
        tell(violation, proof)


def _lines_at(path: Path, wanted: set[int]) -> dict[int, Event]:
    """The events at these indices, read again."""
    found: dict[int, Event] = {}
    last = max(wanted, default=-1)
    if last < 0:
        return found
    with path.open("rb") as stream:
        for first, block in Reader(stream, str(path)):
            found |= {i: plain(event) for i, event in enumerate(block, first) if i in wanted}
            if first + len(block) > last:
                break
    return found
