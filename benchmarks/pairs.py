"""Two revisions that take turns on one machine, and what may be said of the pairs of figures that come of it.

Each side is a process that runs `benchmarks/side.py` over its own revision's source: that of this checkout, and that of the base
in a git worktree, in which only this folder is replaced by this checkout's. Who is first changes from round to round, so that
a machine that becomes slower or faster meanwhile favours nobody. Bytecode is kept outside both.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parent.parent

TOLERANCE = 1.05
"""A figure is worse if three quarters of its pairs say so by more than this. Of equal revisions a quarter never did."""

LEAST = 5
"""Fewer pairs say nothing."""


Pair = dict[str, list[float]]
"""What 'base' and 'here' came to in each round. A base that could not do it has none."""

EMPTY: Pair = {"base": [], "here": []}


@dataclass
class Figure:
    """A figure, with what both sides came to."""

    name: str
    pair: Pair
    must: float | None = None
    more_is_better: bool = False
    gates: bool = True
    """Whether it counts as worse; what is a part of another figure is only shown."""

    @property
    def here(self) -> list[float]:
        return self.pair["here"]

    @property
    def base(self) -> list[float]:
        return self.pair["base"]

    @property
    def ratios(self) -> list[float]:
        """Above 1: this checkout is worse than the base, by so much. Of the rounds in which both have a figure."""
        if len(self.here) != len(self.base):
            return []
        pairs = zip(self.here, self.base, strict=True)
        return [base / here if self.more_is_better else here / base for here, base in pairs if here > 0 and base > 0]

    @property
    def worse(self) -> bool:
        """Whether the pairs say that this checkout is worse, beyond their spread and the tolerance."""
        ratios = self.ratios
        return self.gates and len(ratios) >= LEAST and statistics.quantiles(ratios, n=4)[0] > TOLERANCE


class Side:
    """A revision that is asked what things cost."""

    def __init__(self, root: Path, bytecode: Path) -> None:
        self.root = root
        told = ("PYTHONDONTWRITEBYTECODE", "COLUMNS", "PYTHONSAFEPATH")
        self.env = {name: value for name, value in os.environ.items() if name not in told}
        self.env |= {"PYTHONPATH": str(root), "PYTHONHASHSEED": "0", "PYTHONPYCACHEPREFIX": str(bytecode)}
        self._process = self._started()

    def _started(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "benchmarks.side"]
        return subprocess.Popen(
            command, cwd=self.root, env=self.env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, do: str, **what: Any) -> dict[str, Any]:
        """What the side answers; `cannot` says why it has no answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"do": do, **what}) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"cannot": "its process ended"}
        return answer

    def again(self) -> None:
        """Goes on in a process that has done nothing yet, for what is measured in memory."""
        self.close()
        self._process = self._started()

    def command(self, *arguments: str) -> tuple[float, float, int]:
        """Runs Python in a process of its own: seconds that passed, seconds of CPU with all that it began, and its exit code."""
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=self.root, env=self.env,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return time.perf_counter() - start, used.ru_utime + used.ru_stime, process.returncode

    def close(self) -> None:
        with suppress(OSError):
            self._process.communicate()

    def __enter__(self) -> Side:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


@contextmanager
def worktree(revision: str, folder: Path) -> Iterator[Path]:
    """The files of a revision, with this checkout's benchmarks. Raises CalledProcessError if git does not have it."""
    _git("worktree", "add", "--quiet", "--detach", "--force", str(folder), revision)
    try:
        shutil.rmtree(folder / "benchmarks", ignore_errors=True)
        (folder / "benchmarks").symlink_to(ROOT / "benchmarks", target_is_directory=True)
        yield folder
    finally:
        with suppress(subprocess.CalledProcessError):
            _git("worktree", "remove", "--force", str(folder))


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def named(revision: str) -> str:
    """A revision by the start of its commit. Raises CalledProcessError if git does not have it."""
    return _git("rev-parse", "--short", f"{revision}^{{commit}}")


def turns(rounds: int, base: Side | None, here: Side) -> Iterator[list[tuple[str, Side]]]:
    """Who is asked in each round, in turn."""
    both = [("base", base), ("here", here)]
    there = [(name, side) for name, side in both if side is not None]
    for i in range(rounds):
        yield there if i % 2 == 0 else there[::-1]


def spread(values: Sequence[float]) -> str:
    """The median of some ratios, and from where to where they go."""
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})" if values else ""
