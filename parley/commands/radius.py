"""`parley radius`: every set of at most k deviations from a story's default schedule, in parallel, and what they break.

The story may be a plan that failed, say a shrunk one: its workload with its faults taken away. Asked about the property that
it violates, the enumeration proves that no smaller set of deviations does, or finds one. `--mutants` asks for the least
number that breaks each mutant (`parley/commands/minima.py`).

Requirements: V5.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from faults.plan import Plan
from faults.search.deviations import DOWN, LATE, STILL, all_worded, deviating
from faults.search.enumeration import Enumeration, enumerate_sets, run_merged
from parley import exits, variants
from parley.campaign import summarise
from parley.checking.certificate import FAMILIES, certificate, exit_code, show, show_gate, show_idle
from parley.commands.minima import show_minima
from parley.console import LARGEST_SEED, MOST_JOBS, MOST_RUNS, TrustOption, out_console, progress_bar
from parley.errors import BadInput
from parley.files import formatted, writable_folder, write
from parley.oracle import named_by
from parley.parallel import uninterrupted
from parley.replaying import again, read_plan
from parley.runner import Runner, execute
from parley.scenario import BUNDLED, STORIES, find, read
from reports.text.markup import escape
from sim.near import near


def command(
    scenario: Annotated[
        str | None,
        typer.Argument(
            help="A story: a scenario file, the name of a bundled one (plain, w1), or a plan (.json) without its faults."
        ),
    ] = None,
    k: Annotated[
        int | None,
        typer.Option(
            "--k",
            min=0,
            max=MOST_RUNS,
            help="How many deviations at most. None: 1; for a plan, one less than it has faults.",
        ),
    ] = None,
    protocol: Annotated[
        str,
        typer.Option(
            "--protocol", "-p", metavar="FILE.py[:NAME]", help="A variant of the protocol; none: the reference."
        ),
    ] = "",
    trust: TrustOption = False,
    property: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="The one property that is asked about; none: all; for a plan, what it violates."
        ),
    ] = "",
    gate: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=MOST_RUNS,
            help="Exit with 1 if a set of so many breaks a safety property, or --property; with 4 if not all were tried.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=LARGEST_SEED, help="The seed; none: the scenario's own.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=0, max=MOST_JOBS, help="Processes; 0: one a core.")] = 0,
    sets: Annotated[
        int, typer.Option(min=1, max=MOST_RUNS, help="How many of the smallest sets are shown for a property.")
    ] = 5,
    sample: Annotated[
        int,
        typer.Option(
            "--merged",
            min=0,
            max=MOST_RUNS,
            metavar="N",
            help="Instead of the sets of k that are run, N of those that are merged: do they break nothing?",
        ),
    ] = 0,
    mutants: Annotated[
        bool, typer.Option("--mutants", help="For each mutant, the least number that breaks the property it names.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="With --mutants: those that OUT/minima.json has are not done again.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Where a plan for each broken property goes.")] = Path("out"),
) -> None:
    """Tries every set of at most k deviations from a story's default schedule: the least number that breaks a promise."""
    if mutants:
        if scenario is not None or protocol or property or gate is not None or seed is not None:
            raise BadInput("--mutants: expected no scenario, protocol, property, gate or seed: each mutant has its own")
        show_minima(k, jobs or os.cpu_count() or 1, resume, out)
        return
    if resume:
        raise BadInput("--resume: expected --mutants")
    if scenario is None:
        raise BadInput("SCENARIO: expected a story, a plan, or --mutants")
    plan, protocol, about, faults = _given(scenario, protocol, trust, property, seed)
    if k is None:
        k = 1 if faults is None else max(0, faults - 1)
    if gate is not None and gate > k:
        raise BadInput(f"--gate: {gate} deviations are not tried with --k {k}")
    if about and about not in FAMILIES:
        raise BadInput(f"--property: there is no property {about!r}{near(about, FAMILIES)}")
    writable_folder(out)
    if sample:
        if k < 2 or about or gate is not None:
            raise BadInput(
                "--merged: expected --k 2 or more, and no --property or --gate: single deviations are not merged"
            )
        _print_merged(plan, protocol, k, sample, jobs or os.cpu_count() or 1)
        return
    with progress_bar() as progress:
        task = progress.add_task("", total=None)
        found = enumerate_sets(
            plan,
            k,
            Runner(protocol, jobs or os.cpu_count() or 1),
            about=about,
            on_level=lambda depth, planned: progress.reset(task, description=f"sets of {depth}", total=planned),
            on_result=lambda job, outcome: progress.advance(task),
            counting=uninterrupted,
        )
    certified = certificate(found, plan, gate)
    exits.note(exit_code(certified))
    files = _write_plans(found, plan, protocol, out)
    console = out_console()
    write(out / f"radius-{plan.scenario}.json", formatted(certified))
    _print(console, found, plan)
    show(console, certified, sets, {name: again("replay", file, protocol) for name, file in files.items()})
    show_idle(console, certified)
    if faults is not None and about and found.complete:
        _compare(console, found, faults, about)
    if gate is not None:
        console.print()
        show_gate(console, certified, gate)
    exits.leave(exit_code(certified))


def _print_merged(plan: Plan, spec: str, k: int, count: int, jobs: int) -> None:
    """Runs a sample of the merged sets. Exits with 1 if one of them breaks anything."""
    with progress_bar() as progress:
        task = progress.add_task("", total=None)
        whole, results = run_merged(
            plan,
            k,
            count,
            Runner(spec, jobs),
            on_level=lambda depth, planned: progress.reset(task, description=f"sets of {depth}", total=planned),
            on_result=lambda job, outcome: progress.advance(task),
        )
    console = out_console()
    broken = [(job, outcome) for job, outcome in results if outcome.violated]
    console.print(f"[bold]{escape(plan.scenario)}[/], seed {plan.seed}, protocol {escape(plan.protocol.name)}")
    console.print(
        f"{len(results)} of {whole} sets of {k} that are merged, drawn by hash, were run: {len(broken) or 'none'} broke anything"
    )
    for job, outcome in broken:
        console.print(f"    {all_worded(job.faults)}: {', '.join(outcome.violated)}", markup=False, soft_wrap=True)
    if broken:
        exits.leave(exits.BROKEN)


def _given(
    scenario: str, protocol: str, trust: bool, about: str, seed: int | None
) -> tuple[Plan, str, str, int | None]:
    """What is asked for: the default schedule, the protocol, the property, and how many faults a plan had; else None."""
    if Path(scenario).suffix == ".json":
        plan, spec = read_plan(Path(scenario), protocol, trust=trust)
        about = (
            about
            or named_by(Path(scenario))
            or (plan.expect.violates[0] if plan.expect and plan.expect.violates else "")
        )
        reference = variants.reference_of(spec)
        schedule = msgspec.structs.replace(plan, faults=(), expect=None, protocol=reference)
        if seed is not None:
            schedule = msgspec.structs.replace(schedule, seed=seed)
        return schedule, spec, about, len(plan.faults)
    loaded = read(find(scenario, (STORIES, BUNDLED)), variants.load(protocol))
    if loaded.campaign is not None:
        known = ", ".join(sorted(found.stem for found in STORIES.glob("*.toml")))
        raise BadInput(
            f"{scenario}: expected a story, but this scenario is a campaign: it has no default schedule; "
            f"the small stories are {known}"
        )
    variants.load(protocol)
    plan = loaded.plan(loaded.seed if seed is None else seed, variants.reference_of(protocol))
    return plan, protocol, about, None


def _compare(console: Console, found: Enumeration, faults: int, about: str) -> None:
    """What the enumeration proves of a plan with so many faults."""
    least, count = found.radius(about), f"{faults} fault{'' if faults == 1 else 's'}"
    if least is not None and least < faults:
        told = f"the plan has {count}; {least} deviation{' breaks' if least == 1 else 's break'} {about} as well"
    elif found.k >= faults - 1:
        told = f"the plan has {count}; on its workload no smaller set of deviations breaks {about}"
    else:
        told = f"the plan has {count}; sets of more than {found.k} deviations were not tried"
    console.print(f"\n[bold]{told}[/]", soft_wrap=True)


def _write_plans(found: Enumeration, plan: Plan, spec: str, out: Path) -> dict[str, Path]:
    """Leaves, for each broken property, the first of its smallest sets as a plan that replays."""
    files: dict[str, Path] = {}
    for name, smallest in found.least.items():
        broken = deviating(plan, smallest[0])
        data = summarise(broken, execute(broken, variants.load(spec)), ()).plan
        assert data is not None
        files[name] = out / "plans" / f"radius-{plan.scenario}-{name}.json"
        write(files[name], data)
    return files


def _print(console: Console, found: Enumeration, plan: Plan) -> None:
    """What was tried, and the counts."""
    console.print(f"[bold]{escape(plan.scenario)}[/], seed {plan.seed}, protocol {escape(plan.protocol.name)}")
    console.print(
        f"A deviation: a message lost, twice, or {LATE / 1e6:g} s late; a node dead for {DOWN / 1e6:g} s or still for "
        f"{STILL / 1e6:g} s at a crash point. What is merged, and why: docs/radius.md.\n"
    )
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for column in ("deviations", "extended", "occurring", "merged", "mixed", "runs", "breaking"):
        table.add_column(column, justify="right")
    for level in found.levels:
        done = f"{level.done}" if level.done == level.planned else f"{level.done} of {level.planned}"
        figures = (level.deviations, level.extended, level.occurring, level.merged, level.mixed, done, level.breaking)
        table.add_row(*map(str, figures))
    console.print(table)
    unfired = sum(level.unfired for level in found.levels)
    if unfired:
        console.print(f"[yellow]{unfired} runs had a deviation that did not take effect[/]")
