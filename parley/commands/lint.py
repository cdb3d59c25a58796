"""`parley lint`: says what to change in an exporter, before what it wrote is judged.

Requirements: V1, R7, R1.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from parley import exits
from parley.commands import verify as verifying
from parley.console import out_console
from parley.record.linting import Finding, lint
from parley.record.on_disk import on_disk
from reports.metrics.table import counted
from reports.text.markup import escape
from sim.printable import printable


def command(
    history: Annotated[Path, typer.Argument(help="A history as JSON Lines, plain or gzip; - for standard input.")],
) -> None:
    """Says what is odd about a record that an exporter wrote, and what to change in the exporter. Judges no promise."""
    with on_disk(history) as (path, name):
        findings = lint(path)
        console = out_console()
        for finding in findings:
            _show(console, finding)
        if findings:
            console.print()
        verifying.verify(path, name)  # says what is wrong with lines that can't be used
        wrong = sum(finding.wrong for finding in findings)
        if wrong:
            console.print(f"[bold yellow]TO CHANGE[/]  {counted(wrong, 'thing')} in the exporter")
        else:
            console.print("[bold green]WELL RECORDED[/]  nothing has to be changed in the exporter")
        exits.leave(exits.NO_PASS if wrong else exits.PASS)


def _show(console: Console, finding: Finding) -> None:
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True, width=6)
    made.add_column(ratio=1)
    line = f" [dim](line {finding.line:,})[/]" if finding.line else ""
    mark = "[bold yellow]change[/]" if finding.wrong else "[dim]note[/]"
    made.add_row(mark, f"[bold]{escape(finding.name)}[/]: {escape(printable(finding.says))}{line}")
    if finding.change:
        made.add_row("", f"[italic]→ {escape(printable(finding.change))}[/]")
    console.print(made)
