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
from parley.console import out_console
from parley.judged.screen import clock_says
from parley.judged.verifying import Verified, verify
from parley.record.linting import Finding, lint
from parley.record.on_disk import on_disk
from reports.metrics.table import counted
from reports.text.markup import escape
from sim.printable import printable

NEAR = 20_000
"""Clocks that are apart by no more (µs) are told as a note: NTP leaves that on a phone."""


def command(
    history: Annotated[Path, typer.Argument(help="A history as JSON Lines, plain or gzip; - for standard input.")],
) -> None:
    """Says what is odd about a record that an exporter wrote, and what to change in the exporter. Judges no promise."""
    with on_disk(history) as (path, name):
        findings = lint(path)
        console = out_console()
        try:
            findings = sorted((*clocks_apart(verify(path, name)), *findings), key=lambda finding: not finding.wrong)
        finally:  # or verify says what is wrong with lines that can't be used
            for finding in findings:
                _show(console, finding)
            if findings:
                console.print()
        wrong = sum(finding.wrong for finding in findings)
        if wrong:
            console.print(f"[bold yellow]TO CHANGE[/]  {counted(wrong, 'thing')} in the exporter")
        else:
            console.print("[bold green]WELL RECORDED[/]  nothing has to be changed in the exporter")
        exits.leave(exits.NO_PASS if wrong else exits.PASS)


def clocks_apart(found: Verified) -> list[Finding]:
    """A finding for each device whose clock is off by more than the header allows, by the estimate that `verify` tells of."""
    findings = []
    for clock in found.clocks:
        says = clock_says(clock, found) if clock.wrong else ""
        off = abs(clock.offset) + round(abs(clock.drift) * (found.last - found.first) / 2e6)
        if says and (clock.bound == "unsteady" or off > found.scope.skew):
            ways = ["set the clocks of all devices by one server"]
            if off:
                ways.append(f'or say how far apart clocks may be, "skew": {_round_up(off + clock.uncertainty)}')
            if clock.correctable:
                ways.append("parley verify --correct-clocks judges this record as if they were right")
            findings.append(
                Finding(
                    "clocks apart",
                    f"{says}: what is compared between two clocks may be judged wrong, and figures are off by as much",
                    "; ".join(ways),
                    wrong=clock.bound == "unsteady" or off > NEAR,
                )
            )
    return findings


def _round_up(micros: int) -> int:
    """To a whole 10 ms above."""
    return (micros // 10_000 + 1) * 10_000


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
