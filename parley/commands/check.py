"""`parley check`: campaigns, their verdict, their report, and the plans that failed.

Requirements: V5, R1.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from parley import exits, variants
from parley.campaign import clear_results, plan_file, run_all
from parley.commands.selection import read_all, seeds_of
from parley.commands.shrink import after_check
from parley.console import LARGEST_SEED, MOST_JOBS, MOST_RUNS, ProtocolOption, out_console, progress_bar
from parley.errors import BadInput, InternalError
from parley.files import writable_folder, write
from parley.replaying import again, naming
from parley.scenario import Scenario
from reports.metrics.summary import RunSummary, encode
from reports.text import terminal
from reports.text.markup import escape


def command(
    scenario: Annotated[list[str] | None, typer.Argument(help="Scenario files or bundled names; none: ci.")] = None,
    seeds: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_RUNS, help="How many seeds of each campaign; none: as many as it says."),
    ] = None,
    first_seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="The first seed of each campaign.")] = 1,
    protocol: ProtocolOption = "",
    jobs: Annotated[int, typer.Option(min=0, max=MOST_JOBS, help="Processes; 0: one a core.")] = 0,
    out: Annotated[Path, typer.Option(help="Where the report, the verdict and the failing plans go.")] = Path("out"),
    shrink: Annotated[
        bool, typer.Option("--shrink", help="Shrink the first failing plan of each violated property.")
    ] = False,
) -> None:
    """Runs scenarios, random ones under many seeds, and judges them. Leaves a report and the plans that failed.

    These replace what an earlier check of the same protocol and scenarios left. Shrunk plans and their tests are kept.
    """
    given = scenario or ["ci"]
    loaded = read_all(given, variants.load(protocol))
    chosen = seeds_of(loaded, seeds, first_seed)
    name = variants.load(protocol).name
    writable_folder(out)
    clear_results(out, name, [each.name for each in loaded])
    console = out_console()
    processes = jobs or os.cpu_count() or 1
    total = sum(len(some) for _, some in chosen)
    with progress_bar() as progress:
        task = progress.add_task("runs", total=total)

        def keep(result: RunSummary) -> None:
            if result.plan is not None:
                write(out / "plans" / plan_file(name, result.scenario, result.seed), result.plan)
            progress.advance(task)

        pages = partial(import_module, "reports.pages.html")  # and with it what draws, which a run does without
        summary = run_all(chosen, protocol, jobs=processes, on_result=keep, meanwhile=pages)
    terminal.show_campaign(console, summary)
    write(out / "verdict.json", encode(summary))
    commands = _commands(given, loaded, seeds, first_seed, protocol)
    page = pages().render(summary, commands, folder=str(out), naming=naming(protocol))
    write(out / "report.html", page.encode())
    if summary.failed_runs:
        failed = out / summary.failed_runs[0].plan
        for what in ("replay", "shrink"):
            console.print(f"[bold]{what}[/]  {escape(again(what, failed, protocol))}", soft_wrap=True)
    console.print(f"[bold]report[/]  {escape(str(out / 'report.html'))}", soft_wrap=True)
    if summary.error:
        raise (InternalError if summary.mistaken else BadInput)(summary.error)
    if shrink and summary.complete:
        after_check(console, summary, protocol, out)
    exits.leave(exits.of_campaign(summary))


def _commands(
    given: Sequence[str], loaded: Sequence[Scenario], seeds: int | None, first_seed: int, protocol: str
) -> dict[str, str]:
    """For each scenario, the command that repeats its runs: with the name or file that it was `given` by."""
    variant = f" --protocol {shlex.quote(protocol)}" if protocol else ""
    commands = {}
    for name, each in zip(given, loaded, strict=True):
        scenario = shlex.quote(name)
        if each.campaign is None:
            commands[each.name] = f"parley run {scenario} --seed {each.seed}{variant}"
        else:
            count = seeds or each.campaign.seeds
            first = f" --first-seed {first_seed}" if first_seed != 1 else ""
            commands[each.name] = f"parley check {scenario} --seeds {count}{first}{variant}"
    return commands
