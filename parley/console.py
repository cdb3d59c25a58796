"""What the commands share: options, standard output, and the progress bar on standard error."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

ProtocolOption = Annotated[
    str,
    typer.Option("--protocol", "-p", metavar="FILE.py[:NAME]", help="A variant of the protocol; none: the reference."),
]


class _Output(Console):
    """Standard output, which somebody may have read enough of: `parley … | head` found no violation by that."""

    def on_broken_pipe(self) -> NoReturn:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)


def out_console() -> Console:
    """Standard output: as wide as the terminal, up to 120; 100 in a pipe, so that logs are equal everywhere."""
    width = None if sys.stdout.isatty() else 100
    console = _Output(width=width, highlight=False, soft_wrap=False)
    return _Output(width=min(console.width, 120), highlight=False) if width is None else console


def progress_bar(*, timed: bool = True) -> Progress:
    """How much is done, while a person watches; `timed` if the whole of it will be."""
    console = Console(stderr=True)
    columns: tuple[ProgressColumn, ...] = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    if timed:
        columns = (*columns, TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
