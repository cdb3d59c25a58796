"""What the commands share: options, standard output, and the progress bar on standard error."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

ProtocolOption = Annotated[
    str,
    typer.Option("--protocol", "-p", metavar="FILE.py[:NAME]", help="A variant of the protocol; none: the reference."),
]


def out_console() -> Console:
    """Standard output: as wide as the terminal, up to 120; 100 in a pipe, so that logs are equal everywhere."""
    width = None if sys.stdout.isatty() else 100
    console = Console(width=width, highlight=False, soft_wrap=False)
    return Console(width=min(console.width, 120), highlight=False) if width is None else console


def progress_bar(*, timed: bool = True) -> Progress:
    """How much is done, while a person watches; `timed` if the whole of it will be."""
    console = Console(stderr=True)
    columns: tuple[ProgressColumn, ...] = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    if timed:
        columns = (*columns, TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
