"""`parley verify`: judges the history of any system, and tells of it to a person or a machine (`parley/judged/`).

Requirements: V1, V2, R1, R4.
"""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from parley import exits
from parley.console import out_console
from parley.errors import BadInput
from parley.files import write
from parley.judged.again import findings
from parley.judged.answer import answer, as_json, as_junit, code
from parley.judged.following import following
from parley.judged.screen import show, show_proven, show_untold, verdict_line
from parley.judged.targets import read_targets
from parley.judged.verifying import KEPT, as_if_right
from parley.judged.verifying import Verified as Verified
from parley.judged.verifying import verify as verify
from parley.record.on_disk import on_disk
from properties.base import Violation


def command(
    history: Annotated[Path, typer.Argument(help="A history as JSON Lines, plain or gzip; - for standard input.")],
    missing: Annotated[
        bool, typer.Option("--missing", help="Say of each promise that is unknown what the history lacks for it.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Print all counts, and name all promises that are unknown.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
    junit: Annotated[
        Path | None,
        typer.Option("--junit", metavar="FILE", help="Write a JUnit file, too: a test case for each property."),
    ] = None,
    targets: Annotated[
        Path | None,
        typer.Option("--targets", metavar="FILE.toml", help="Hold the record's figures to the targets in a file."),
    ] = None,
    correct_clocks: Annotated[
        bool, typer.Option("--correct-clocks", help="Judge the record as if the clocks that are off were right.")
    ] = False,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow",
            help="Judge a file that grows, or a pipe, as lines come: each violation as soon as it is proven, and the verdict "
            "at Ended, where a pipe ends, or at Ctrl-C.",
        ),
    ] = False,
) -> None:
    """Judges a history of any system: which promises it keeps, which it breaks and where, and which it can't tell of."""
    levels = {} if targets is None else read_targets(targets)
    if not follow:
        with on_disk(history) as (path, name):
            found = verify(path, name, levels)
            with (
                as_if_right(path, name, found, levels) if correct_clocks else nullcontext((path, found)) as (
                    judged,
                    found,
                )
            ):
                _report(judged, name, found, missing=missing, every=every, json=json, junit=junit)
        return
    if correct_clocks or levels:
        raise BadInput("--correct-clocks and --targets need a record that is written: not with --follow")
    console = out_console()

    told: Counter[str] = Counter()

    def tell(violation: Violation, lines: list[tuple[int, str]]) -> None:
        told[violation.property] += 1
        if not json:
            show_proven(console, violation, lines, last=told[violation.property] == KEPT)

    with following(history, tell) as (found, path, interrupted):
        if not json:
            show_untold(console, found, told)
        name = "standard input" if str(history) == "-" else str(history)
        try:
            _report(path, name, found, missing=missing, every=every, json=json, junit=junit, interrupted=interrupted)
        except KeyboardInterrupt:  # once more: what was found stays found
            exits.leave(exits.of_verdicts(found.verdicts), exits.INTERRUPTED)


def _report(
    path: Path,
    name: str,
    found: Verified,
    *,
    missing: bool,
    every: bool,
    json: bool,
    junit: Path | None,
    interrupted: bool = False,
) -> None:
    """Tells of a record that was judged, and ends the command with its code."""
    wrong = findings(path, found)
    console = out_console()
    if json or junit is not None:
        said = answer(name, found, wrong)
        if junit is not None:
            write(junit, as_junit(said, console.render_str(verdict_line(found, wrong)).plain))
        if json:
            console.print(as_json(said).decode(), end="", markup=False, soft_wrap=True)
    if not json:
        show(console, name, found, wrong, every=every, missing=missing)
    exits.leave(code(found), exits.INTERRUPTED if interrupted else exits.PASS)
