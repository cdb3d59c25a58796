"""`parley mutants`: whether every property can fail. Runs the mutants until they are caught, and the reference on the same plans.

Requirements: V3.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from parley import scenario as scenarios
from parley.checking import mutation_score as killing
from parley.checking.mutation_score import Control, Plans, Score, Trial
from parley.console import out_console, progress_bar
from parley.errors import BadInput
from parley.files import writable, writable_folder, write
from parley.mutants import FOLDER, Mutant, mutants
from parley.scenario import find
from sim.near import near

RESULT = "mutants.json"


def command(
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="Only this mutant; may be given several times.")
    ] = None,
    seeds: Annotated[
        int, typer.Option(min=1, help="How many seeds of its campaign each mutant is run under at most.")
    ] = 200,
    first_seed: Annotated[int, typer.Option(min=0, help="The first seed.")] = 1,
    shrink: Annotated[
        bool, typer.Option("--shrink", help="Shrink the plan that kills each mutant. Takes longer.")
    ] = False,
    shrink_runs: Annotated[int, typer.Option(min=1, help="How many runs shrinking one plan may take.")] = 1_500,
    seconds: Annotated[
        bool, typer.Option("--seconds", help="Processor time too, which differs from time to time.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0: one a core.")] = 0,
    folder: Annotated[
        Path, typer.Option(help="Where the mutants are, a variant file each.", show_default="Parley's own")
    ] = FOLDER,
    out: Annotated[Path, typer.Option(help="Where the result, and the plans that kill, go.")] = Path("out"),
    result: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=f"Where the result goes instead of {RESULT} there; --only keeps its others."),
    ] = None,
) -> None:
    """Runs every mutant until the property that it names is violated. Exits with 1 if one survives, or the reference does not."""
    chosen = _choose(mutants(folder), only or [])
    writable_folder(out)
    file = result or out / RESULT
    writable(file.parent)
    old = killing.read_result(file.read_bytes(), str(file)) if only and file.exists() else None
    loaded = {name: scenarios.read(find(name)) for name in dict.fromkeys(mutant.scenario for mutant in chosen)}
    _clear(out, chosen)
    with progress_bar() as progress:
        task = progress.add_task("mutants", total=len(chosen))

        def on_trial(trial: Trial, plans: Plans) -> None:
            for suffix, data in (("", plans.kills), (f".{trial.property}", plans.small)):
                if data is not None:
                    write(out / "plans" / f"{trial.mutant}-{trial.seed}{suffix}.json", data)
            progress.advance(task)

        def on_control(done: int, total: int) -> None:
            progress.update(task, description="reference", completed=done, total=total)

        score = killing.score(
            chosen,
            loaded,
            first=first_seed,
            budget=seeds,
            shrink_runs=shrink_runs if shrink else 0,
            timed=seconds,
            jobs=jobs or os.cpu_count() or 1,
            on_trial=on_trial,
            on_control=on_control,
        )
    write(file, killing.write_result(killing.merged(old, score) if old else score))
    _show(out_console(), score, len(chosen))
    if not score.ok:
        raise typer.Exit(1)
    if not score.complete:
        raise typer.Exit(130)


def _choose(known: Sequence[Mutant], only: Sequence[str]) -> list[Mutant]:
    names = [mutant.name for mutant in known]
    for name in only:
        if name not in names:
            raise BadInput(f"--only: there is no mutant {name!r}{near(name, names)}")
    return [mutant for mutant in known if not only or mutant.name in only]


def _clear(out: Path, chosen: Sequence[Mutant]) -> None:
    """Removes the plans that an earlier score of these mutants left there."""
    names = {mutant.name for mutant in chosen}
    for path in out.glob("plans/*.json"):
        name, _, rest = path.name.partition("-")
        if name in names and rest.partition(".")[0].isdigit():
            path.unlink(missing_ok=True)


def _show(console: Console, score: Score, of: int) -> None:
    console.print(_table(score, 1 if console.width < 90 else 2))
    console.print()
    _show_controls(console, score.controls)
    killed, runs = score.killed, sum(trial.runs for trial in score.trials)
    most = max((trial.runs for trial in killed), default=0)
    console.print(
        f"{len(killed)} of {of} mutants killed by the property that they name, in {runs:,} runs: "
        f"a median of {score.median:g}, {most} at most"
    )
    for trial in score.trials:
        if not trial.killed:
            caught = f"; violated were {', '.join(trial.others)}" if trial.others else ""
            told = f"{trial.mutant}: {trial.property} holds in {trial.runs} runs of {trial.scenario}{caught}"
            console.print(f"[bold red]{trial.verdict()}[/]  {escape(told)}", soft_wrap=True)
    if not score.complete:
        console.print(f"[bold yellow]interrupted[/]: {len(score.trials)} of {of} mutants are through")
    elif score.ok:
        console.print("[bold green]PASS[/]")
    if not score.ok:
        console.print("[bold red]FAIL[/]")


def _table(score: Score, apart: int) -> Table:
    """A row a mutant. It fits 80 columns: the other properties are counted here, and named in the result file."""
    timed = any(trial.seconds is not None for trial in score.trials)
    shrunk = any(trial.small is not None for trial in score.trials)
    made = Table(box=None, pad_edge=False, show_edge=False, padding=(0, apart, 0, 0), header_style="bold")
    made.add_column("mutant", overflow="fold")
    made.add_column("violates", overflow="fold")
    made.add_column("others", justify="right", no_wrap=True)
    made.add_column("runs", justify="right", no_wrap=True)
    if timed:
        made.add_column("s", justify="right", no_wrap=True)
    if shrunk:
        made.add_column("plan", justify="right", no_wrap=True)
    for trial in score.trials:
        colour = "" if trial.killed else "[bold red]"
        row = [
            escape(trial.mutant),
            f"{colour}{trial.property}",
            f"{len(trial.others) or ''}",
            f"{'' if trial.killed else '> '}{trial.runs}",
        ]
        if timed:
            row.append("" if trial.seconds is None else f"{trial.seconds:.1f}")
        if shrunk:
            row.append(f"{trial.small.actions}+{trial.small.faults}" if trial.small else "")
        made.add_row(*row)
    if shrunk:
        made.caption = "plan: actions + faults of the shrunk plan that kills it"
        made.caption_justify = "left"
    return made


def _show_controls(console: Console, controls: Sequence[Control]) -> None:
    """What became of the reference, on the plans that mutants were run on."""
    runs = sum(control.runs for control in controls)
    held = not any(control.violated for control in controls)
    if runs and held:
        console.print(f"The reference keeps every promise on the same plans: {runs:,} runs of {_campaigns(controls)}")
    for control in controls:
        for name, seed in control.violated.items():
            told = f"{name}, of {control.scenario}, seed {seed}, is violated under the protocol {control.protocol}, too"
            console.print(f"[bold red]proves nothing[/]  {escape(told)}", soft_wrap=True)


def _campaigns(controls: Sequence[Control]) -> str:
    return "1 campaign" if len(controls) == 1 else f"{len(controls)} campaigns"
