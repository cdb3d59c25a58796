"""`parley mutants`: whether every property can fail. Runs the mutants until they are caught, and the reference on the same plans.

Requirements: V3.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from faults import wording
from faults.plan import Expectation, ProtocolRef, encode
from model.protocol import PROTOCOLS
from parley import exits, variants
from parley.checking.mutants import FOLDER, Mutant, registered
from parley.checking.mutation_score import Control, Score, Small, Trial, merged, read_result, write_result
from parley.commands import shrunk_plan
from parley.console import LARGEST_SEED, MOST_JOBS, MOST_RUNS, out_console, progress_bar
from parley.errors import BadInput
from parley.files import writable, writable_folder, write
from parley.parallel import in_order, uninterrupted
from parley.runner import execute
from parley.scenario import Scenario, find, read
from reports.text.markup import escape
from sim.registry import Registry
from sim.verdicts import UNKNOWN, VACUOUS, of_many

RESULT = "mutants.json"

CHUNK = 25
"""How many seeds of the reference a process takes at a time."""


def command(
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="Only this mutant; may be given several times.")
    ] = None,
    seeds: Annotated[
        int, typer.Option(min=1, max=MOST_RUNS, help="How many seeds of its campaign each mutant is run under at most.")
    ] = 200,
    first_seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="The first seed.")] = 1,
    shrink: Annotated[
        bool, typer.Option("--shrink", help="Shrink the plan that kills each mutant. Takes longer.")
    ] = False,
    shrink_runs: Annotated[
        int, typer.Option(min=1, max=MOST_RUNS, help="How many runs shrinking one plan may take.")
    ] = 1_500,
    seconds: Annotated[
        bool, typer.Option("--seconds", help="Processor time too, which differs from time to time.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=0, max=MOST_JOBS, help="Processes; 0: one a core.")] = 0,
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
    chosen = _choose(registered(folder), only or [])
    writable_folder(out)
    file = result or out / RESULT
    writable(file.parent)
    old = read_result(file.read_bytes(), str(file)) if only and file.exists() else None
    loaded = {name: read(find(name)) for name in dict.fromkeys(mutant.scenario for mutant in chosen)}
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

        score = find_score(
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
    exits.note(exits.PASS if score.ok else exits.BROKEN)
    write(file, write_result(merged(old, score) if old else score))
    _show(out_console(), score, len(chosen))
    exits.leave(exits.PASS if score.ok else exits.BROKEN, exits.PASS if score.complete else exits.INTERRUPTED)


def _choose(known: Registry[Mutant], only: Sequence[str]) -> list[Mutant]:
    for name in only:
        if name not in known:
            raise BadInput(f"--only: {known.unknown(name)}")
    return [mutant for mutant in known.values() if not only or mutant.name in only]


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
            other = {str(VACUOUS): "was not put to the test", str(UNKNOWN): "is unknown"}
            fared = other.get(trial.status, "holds")
            told = f"{trial.mutant}: {trial.property} {fared} in {trial.runs} runs of {trial.scenario}{caught}"
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


# --- hunting ----------------------------------------------------------------------------------------------------


class Plans(msgspec.Struct, frozen=True):
    """The plans of a mutant, encoded: the one that kills it, and that shrunk."""

    kills: bytes | None = None
    small: bytes | None = None


def hunt(
    mutant: Mutant, scenario: Scenario, first: int, budget: int, shrink_runs: int, timed: bool
) -> tuple[Trial, Plans]:
    """Runs a mutant until its property is violated, `budget` runs at most; shrinks the plan, if `shrink_runs` are allowed."""
    began = time.process_time()
    spec = mutant.spec
    protocol, reference = variants.load(spec), variants.reference_of(spec)
    others: dict[str, int] = {}
    runs, found = 0, None
    statuses: set[str] = set()
    while runs < budget and found is None:
        runs += 1
        plan = scenario.plan(first + runs - 1, reference)
        outcome = execute(plan, protocol)
        statuses |= {verdict.status for verdict in outcome.verdicts if verdict.property == mutant.caught_by}
        for name in outcome.violated():
            if name == mutant.caught_by:
                expect = Expectation(violates=outcome.violated(), digest=outcome.digest())
                found = msgspec.structs.replace(plan, expect=expect)
            else:
                others.setdefault(name, runs)
    seconds = round(time.process_time() - began, 2) if timed else None
    small = (
        shrunk_plan.shrink_plan(found, spec, mutant.caught_by, budget=shrink_runs) if found and shrink_runs else None
    )
    trial = Trial(
        mutant=mutant.name,
        wrong=mutant.wrong,
        property=mutant.caught_by,
        scenario=mutant.scenario,
        protocol=variants.base_of(protocol),
        seed=found.seed if found else 0,
        killed=found is not None,
        runs=runs,
        others=others,
        seconds=seconds,
        small=_small(small) if small else None,
        status=of_many(statuses),
    )
    return trial, Plans(encode(found) if found else None, encode(small.plan) if small else None)


def _small(small: shrunk_plan.Small) -> Small:
    plan = small.plan
    lines = tuple(f"{when}  {what}" for when, what in wording.lines(plan))
    return Small(
        actions=len(plan.workload), faults=len(plan.faults), runs=small.runs, minimal=small.minimal, lines=lines
    )


def survive(scenario: Scenario, protocol: str, seeds: Sequence[int]) -> dict[str, int]:
    """The properties that a protocol of Parley's own violates under some seeds, each with the first of them: none, we hope."""
    violated: dict[str, int] = {}
    reference = ProtocolRef() if protocol == "reference" else ProtocolRef(name=protocol, file=protocol)
    for seed in seeds:
        outcome = execute(scenario.plan(seed, reference), PROTOCOLS[protocol])
        for name in outcome.violated():
            violated.setdefault(name, seed)
    return violated


def find_score(
    mutants: Sequence[Mutant],
    scenarios: dict[str, Scenario],
    *,
    first: int,
    budget: int,
    shrink_runs: int = 0,
    timed: bool = False,
    jobs: int = 1,
    on_trial: Callable[[Trial, Plans], None] = lambda *_: None,
    on_control: Callable[[int, int], None] = lambda *_: None,
) -> Score:
    """Hunts every mutant, then runs the reference on the same plans. Ctrl-C ends it early; what has finished is in the score.

    `on_trial` is called with each mutant's, in order, as soon as it is there; `on_control` with how many chunks of runs of the
    reference are done, and of how many.
    """
    result = Score(first_seed=first, budget=budget)
    try:
        hunts = [(mutant, scenarios[mutant.scenario], first, budget, shrink_runs, timed) for mutant in mutants]
        for trial, plans in in_order(hunt, hunts, jobs):
            with uninterrupted():
                result.trials.append(trial)
                on_trial(trial, plans)
        chunks = _chunks(result.trials, scenarios, first)
        controls: dict[tuple[str, str], Control] = {}
        for done, ((scenario, protocol, seeds), violated) in enumerate(
            zip(chunks, in_order(survive, chunks, jobs), strict=True)
        ):
            with uninterrupted():
                control = controls.get((scenario.name, protocol))
                if control is None:
                    control = controls[scenario.name, protocol] = Control(scenario=scenario.name, protocol=protocol)
                    result.controls.append(control)
                control.runs += len(seeds)
                control.violated = {**violated, **control.violated}
                on_control(done + 1, len(chunks))
    except KeyboardInterrupt:
        result.complete = False
    return result


def _chunks(
    trials: Sequence[Trial], scenarios: dict[str, Scenario], first: int
) -> list[tuple[Scenario, str, Sequence[int]]]:
    """The plans that mutants were run on, as scenario, protocol that comes with Parley, and some seeds."""
    most: dict[tuple[str, str], int] = {}
    for trial in trials:
        which = (trial.scenario, trial.protocol)
        most[which] = max(trial.runs, most.get(which, 0))
    return [
        (scenarios[scenario], protocol, range(start, min(start + CHUNK, first + runs)))
        for (scenario, protocol), runs in sorted(most.items())
        for start in range(first, first + runs, CHUNK)
    ]
