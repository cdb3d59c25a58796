"""`parley saturation`: drives lines and deployments through saturation, and shows where the knee is.

Requirements: V8, R1.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from parley import exits
from parley.console import MOST_JOBS, out_console, progress_bar
from parley.files import write
from parley.parallel import in_order
from parley.saturating import PARTS, UNITS, LineMeasured, Part, Saturation, measure_line, measure_part
from reports.text.terminal import table

LINE_LOADS = (0.5, 0.7, 0.8, 0.9)
REQUESTS = 6_000
"""How many requests a line is given in each of its runs."""


def command(
    quick: Annotated[bool, typer.Option(help="Fewer points: one and two units, three loads, shorter lines.")] = False,
    result: Annotated[Path | None, typer.Option(help="Where to keep what was measured, as JSON.")] = None,
    jobs: Annotated[int, typer.Option(min=0, max=MOST_JOBS, help="Processes; 0: one a core.")] = 0,
) -> None:
    """Shows where latency leaves the ground for one to eight workers, gateways and store partitions, and what theory says."""
    processes = jobs or os.cpu_count() or 1
    requests, units, loads = (2_000, (1, 2), (0.3, 0.8, 1.5)) if quick else (REQUESTS, UNITS, None)
    of_lines = [(servers, load, requests) for servers in units for load in LINE_LOADS]
    of_parts = [(name, units, loads) if loads else (name,) for name in PARTS]
    lines: list[LineMeasured] = []
    parts: list[Part] = []
    with progress_bar(timed=False) as progress:
        task = progress.add_task("lines and parts", total=len(of_lines) + len(of_parts))
        for line in in_order(measure_line, of_lines, processes):
            lines.append(line)
            progress.advance(task)
        for part in in_order(measure_part, of_parts, processes):
            parts.append(part)
            progress.advance(task)
    found = Saturation(tuple(lines), tuple(parts))
    if result is not None:
        write(result, msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    _show(found)
    if not all(line.agrees for line in lines):
        exits.leave(exits.BROKEN)


def _show(found: Saturation) -> None:
    console = out_console()
    made = table(("servers", "right"), ("load", "right"), ("mean wait", "right"), ("Erlang's C", "right"), ("", "left"))
    for line in found.lines:
        wait, margin, theory = (f"{value / 1000:.2f}" for value in (line.wait, line.margin, line.theory))
        agrees = "" if line.agrees else "DISAGREES"
        made.add_row(f"{line.servers}", f"{line.load:.2f}", f"{wait} ± {margin} ms", f"{theory} ms", agrees)
    console.print(made)
    for part in found.parts:
        made = table(
            (part.name, "right"), ("of capacity", "right"), ("sent/s", "right"), ("served/s", "right"), ("p50", "right"),
            ("p95", "right"), ("told to wait", "right"), ("alarms", "right"),
        )  # fmt: skip
        for point in part.points:
            made.add_row(
                f"{point.units}", f"{point.load:.1f}", f"{point.rate:.0f}", f"{point.served:.0f}",
                f"{point.p50 / 1000:.0f} ms", f"{point.p95 / 1000:.0f} ms", f"{point.refused}", f"{point.alarms}",
            )  # fmt: skip
        console.print(made)
