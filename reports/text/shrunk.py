"""A shrunk plan on a terminal: what was left of it, what happens in it, and how it comes to the violation.

Requirements: R4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from rich.console import Console
from rich.table import Table

from reports.text.markup import escape
from reports.text.narrative import story
from reports.text.terminal import table
from sim.history import Event
from sim.printable import printable


def show_sizes(console: Console, rows: Iterable[tuple[str, str, str]]) -> None:
    """What the plan had, and what is left of it."""
    made = table(("", "left"), ("before", "right"), ("after", "right"))
    for what, before, after in rows:
        made.add_row(escape(what), escape(before), escape(after))
    console.print(made)
    console.print()


def show_items(console: Console, items: Iterable[tuple[str, str]]) -> None:
    """What happens in a plan, as (when, what)."""
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(justify="right", no_wrap=True)
    made.add_column(ratio=1)
    for when, what in items:
        made.add_row(f"  [dim]{escape(when)}[/]", escape(what))
    console.print(made)
    console.print()


def show_lines(console: Console, lines: Iterable[str], indent: str = "  ") -> None:
    """Lines of a story; one that is too long goes on under its sentence."""
    for line in lines:
        for part in folded(line, console.width - len(indent)):
            console.print(indent + part, markup=False, soft_wrap=True)


COLUMN = 15 + 17
"""Where the sentence begins in a line of a story."""


def folded(line: str, width: int) -> Iterator[str]:
    """A line of a story within a width."""
    line = printable(line)
    head, sentence = line[:COLUMN], line[COLUMN:]
    parts = wrap(sentence, max(20, width - COLUMN), break_on_hyphens=False) or [""]
    yield (head + parts[0]).rstrip()
    yield from (" " * (COLUMN + 2) + part for part in parts[1:])


def tell(console: Console, history: Sequence[Event], evidence: Sequence[int], *, absence: bool = False) -> None:
    """How a run came to the violation that this evidence proves; `absence`: by what has not happened."""
    show_lines(console, story(history, evidence=evidence, only_around=True, absence=absence))
    console.print()
