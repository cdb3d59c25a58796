"""What the commands share: options, standard output, and the progress bar on standard error."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from typing import Annotated, Any, NoReturn, TextIO, cast

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
from rich.segment import Segment
from rich.text import Text

from parley.exits import NO_READER
from sim.printable import printable_lines

ProtocolOption = Annotated[
    str,
    typer.Option("--protocol", "-p", metavar="FILE.py[:NAME]", help="A variant of the protocol; none: the reference."),
]

MOST_RUNS = 10_000_000
"""No command is asked for more of anything: so many runs take months."""

MOST_JOBS = 256
"""Processes: more than any machine has cores for them would only wait for each other."""

LARGEST_SEED = 1 << 53
"""As every number in a plan."""

TrustOption = Annotated[
    bool, typer.Option("--trust", help="Run the variant that the plan names: whoever made the plan may run code here.")
]


class _Output(Console):
    """Standard output, which somebody may have read enough of: `parley … | head` found no violation by that.

    Whatever is printed comes by one of its two doors, as text or in pieces: no text of others moves a cursor or sets a colour.
    Where a line of others could begin a line of ours, who prints it escapes line feeds, too (`reports/text/markup.py`).
    """

    def render_str(self, text: str, **options: Any) -> Text:
        """A text with its markup."""
        return super().render_str(printable_lines(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Pieces of text with their colours, which come from markup alone."""
        for piece in super().render(renderable, options):
            yield piece if piece.control else Segment(printable_lines(piece.text), piece.style, piece.control)

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
    console = _Output(stderr=True)
    columns: tuple[ProgressColumn, ...] = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    if timed:
        columns = (*columns, TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
