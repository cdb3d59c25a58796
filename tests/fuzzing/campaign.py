"""Counts what came of mutated files, keeps those of which something bad came, and says how far it is."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from fuzzing.crew import TOGETHER, Task, Tried
from fuzzing.mutation import KINDS, mutated

WRONG = ("a traceback", "a hang", "a raw control character", "over 1 GiB", "an unclear refusal")
CODES = (0, 1, 2, 4)
EACH = 5.0
"""Seconds between two lines of progress."""


def tasks(count: int, commands: int, first: int = 0) -> Iterator[Task]:
    """So many files of each kind from this number on, so many of them by the command; the kinds by turns."""
    for how, start, end, some in (("command", 0, min(count, commands), 10), ("together", commands, count, TOGETHER)):
        for at in range(start, end, some):
            for kind in KINDS:
                yield Task(how, kind, tuple(range(first + at, first + min(at + some, end))))


@dataclass
class Tally:
    """What came of files so far, by kind."""

    tried: Counter[str] = field(default_factory=Counter)
    commands: Counter[str] = field(default_factory=Counter)
    codes: dict[str, Counter[int]] = field(default_factory=lambda: {kind: Counter() for kind in KINDS})
    wrong: dict[str, Counter[str]] = field(default_factory=lambda: {kind: Counter() for kind in KINDS})
    slowest: dict[str, tuple[float, int]] = field(default_factory=lambda: dict.fromkeys(KINDS, (0.0, 0)))
    most: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    found: list[Tried] = field(default_factory=list)

    def count(self, one: Tried) -> None:
        """Counts what came of one file."""
        self.tried[one.kind] += 1
        self.commands[one.kind] += one.how == "command"
        self.codes[one.kind][one.code] += 1
        self.slowest[one.kind] = max(self.slowest[one.kind], (one.seconds, one.number))
        self.most[one.kind] = max(self.most[one.kind], one.memory)
        if one.wrong:
            self.wrong[one.kind][one.wrong if one.wrong in WRONG else "other"] += 1
            self.found.append(one)

    def table(self) -> str:
        """A line for each kind."""
        head = ("kind", "tried", "by the command", *(f"exit {code}" for code in CODES), "other exit", "tracebacks", "hangs",
                "raw controls", "over 1 GiB", "unclear", "other", "slowest", "most memory")  # fmt: skip
        rows = [head]
        for kind in KINDS:
            codes, wrong = self.codes[kind], self.wrong[kind]
            rest = sum(codes.values()) - sum(codes[code] for code in CODES)
            rows.append(
                (
                    kind,
                    f"{self.tried[kind]:,}",
                    f"{self.commands[kind]:,}",
                    *(f"{codes[code]:,}" for code in CODES),
                    f"{rest:,}",
                    *(f"{wrong[what]:,}" for what in (*WRONG, "other")),
                    f"{self.slowest[kind][0]:.1f} s (of {self.slowest[kind][1]})",
                    f"{self.most[kind] >> 20} MiB",
                )
            )
        widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
        return "\n".join(
            "  ".join(
                cell.ljust(width) if i == 0 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in rows
        )


def counted(
    ends: Iterable[Tried | None], whole: int, keep: Path | None, seed: int, stream: TextIO = sys.stderr
) -> Tally:
    """What came of files. Keeps each bad one in a folder, and says every few seconds how many are done. Ctrl-C ends it."""
    tally, began = Tally(), time.monotonic()
    last = began
    try:
        for one in ends:
            if one is not None:
                tally.count(one)
            if one is not None and one.wrong:
                print(
                    f"{one.kind} {one.number}: {one.wrong}, code {one.code}, by {one.how}: {_last(one.said)!r}",
                    file=stream,
                    flush=True,
                )
                if keep is not None:
                    keep.mkdir(parents=True, exist_ok=True)
                    name = f"{one.kind}_{seed}_{one.number}{KINDS[one.kind]}"
                    (keep / name).write_bytes(mutated(one.kind, one.number, seed))
            now = time.monotonic()
            if now - last >= EACH:
                last, done = now, sum(tally.tried.values())
                left = f", about {(whole - done) * (now - began) / done:.0f} s more" if done else ""
                print(
                    f"{done:,} of {whole:,} files tried, {len(tally.found)} found; {now - began:.0f} s{left}",
                    file=stream,
                    flush=True,
                )
    except KeyboardInterrupt:
        print(f"interrupted after {sum(tally.tried.values()):,} of {whole:,} files", file=stream)
    return tally


def _last(said: str) -> str:
    lines = said.strip().splitlines()
    return lines[-1][-300:] if lines else ""
