"""What the commands share: options, standard output, and the progress bar on standard error."""

from __future__ import annotations

import os
import re
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any, NoReturn, TextIO, cast

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

from model.moved import MovedWarning
from parley.exits import NO_READER

ProtocolOption = Annotated[
    str,
    typer.Option("--protocol", "-p", metavar="FILE.py[:NAME]", help="A variant of the protocol; none: the reference."),
]

TrustOption = Annotated[
    bool, typer.Option("--trust", help="Run the variant that the plan names: whoever made the plan may run code here.")
]


class _Output(Console):
    """Standard output, which somebody may have read enough of: `parley … | head` found no violation by that."""

    def on_broken_pipe(self) -> NoReturn:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(NO_READER)


class _Trimmed:
    """A stream whose lines don't end in blanks, with which tables are filled up: in a file they are in the way."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(_BLANKS.sub("", text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


_BLANKS = re.compile(r" +$", re.MULTILINE)

WIDEST = 120


def out_console() -> Console:
    """Standard output: as wide as the terminal, up to 120.

    In a pipe it is 100 wide, so that logs are equal everywhere, unless COLUMNS asks for another width.
    """
    if sys.stdout.isatty():
        console = _Output(highlight=False)
        return _Output(width=min(console.width, WIDEST), highlight=False)
    asked = os.environ.get("COLUMNS", "")
    width = min(int(asked), WIDEST) if asked.isdecimal() and int(asked) else 100
    return _Output(file=cast("TextIO", _Trimmed(sys.stdout)), width=width, highlight=False)


def progress_bar(*, timed: bool = True) -> Progress:
    """How much is done, while a person watches; `timed` if the whole of it will be."""
    console = Console(stderr=True)
    columns: tuple[ProgressColumn, ...] = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    if timed:
        columns = (*columns, TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


_two_lines = warnings.formatwarning


def _format(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    """One line for a file's old imports; of any other warning what Python says."""
    if not issubclass(category, MovedWarning):
        return _two_lines(message, category, filename, lineno, line)
    file, here = Path(filename), Path.cwd()
    return f"{file.relative_to(here) if file.is_relative_to(here) else file}: {message}\n"


def tell_old_imports_in_a_line() -> None:
    """Has a command say on standard error, in one line a file, which imports of a variant have moved."""
    warnings.formatwarning = _format
