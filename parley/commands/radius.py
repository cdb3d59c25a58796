"""`parley radius`: every set of at most k deviations from a story's default schedule, in parallel, and what they break.

The story may be a plan that failed, say a shrunk one: its workload with its faults taken away. Asked about the property that
it violates, the enumeration proves that no smaller set of deviations does, or finds one. `--mutants` asks for the least
number that breaks each mutant (`parley/commands/minima.py`).

Requirements: V5.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from xxhash import xxh3_64_intdigest

from faults.plan import Plan
from faults.search.deviations import DOWN, LATE, STILL, Recorder, Target, all_worded
from faults.search.enumeration import STEP, Deviations, Enumeration, Job, Shown, instants
from faults.search.fingerprint import fingerprint
from model.protocol import Protocol
from parley import campaign, variants
from parley import scenario as scenarios
from parley.checking.certificate import FAMILIES, certificate, exit_code, show, show_gate
from parley.errors import BadInput
from parley.files import formatted, writable_folder, write
from parley.parallel import chunks, in_order, uninterrupted
from parley.replaying import read_plan
from parley.run import Outcome, Run
from parley.scenario import BUNDLED, STORIES
from parley.shrinking import named_by
from properties.base import Liveness
from sim.history import FaultStarted
from sim.near import near

CHUNK = 40
"""How many runs a process is given at a time."""

TAIL = 10_000_000
"""How long, in µs, a run that has converged is watched further, at most: longer than anything is late."""


def deviating(plan: Plan, faults: Deviations) -> Plan:
    """The plan with these deviations added, and a short tail."""
    return msgspec.structs.replace(plan, faults=(*plan.faults, *faults), tail=min(plan.tail, TAIL))


def attempt(plan: Plan, protocol: Protocol, job: Job, default: dict[int, int], *, grid: bool = True) -> Shown:
    """Does one run. `default`: the states of the default schedule by instant; none for that schedule itself.

    `grid`: whether states are taken, where the job says that its run is recorded.
    """
    own = len(plan.faults)
    plan = deviating(plan, job.faults)
    recorders: list[Recorder] = []
    states: list[tuple[int, int]] = []

    def record(run: Run) -> None:
        recorders.append(Recorder(run.injector))
        if grid:
            states.extend(states_of(run, job, default))

    _, outcome = campaign.execute(plan, protocol, record if job.record else None)
    targets = recorders[0].after_last(own) if recorders else ()
    return as_shown(outcome, len(job.faults), own, tuple(targets), tuple(states))


def states_of(run: Run, job: Job, default: dict[int, int]) -> Iterator[tuple[int, int]]:
    """The run's states at instants of the grid, until it is in a state of the default schedule."""
    liveness = [prop for prop in run.judge.properties if isinstance(prop, Liveness)]
    every = () if job.faults else range(0, run.plan.duration + 1, STEP)
    for at in every or instants(job.since, run.plan.duration):
        run.advance(at)
        owed = str([prop.owed() for prop in liveness])
        state = fingerprint(run.deployment.network) ^ xxh3_64_intdigest(owed.encode())
        yield at, state
        if default.get(at) == state:
            return


def as_shown(
    outcome: Outcome, deviations: int, own: int, targets: tuple[Target, ...], states: tuple[tuple[int, int], ...]
) -> Shown:
    """What the enumeration keeps of an outcome of a plan with `own` faults of its own and so many deviations."""
    fired = sum(1 for event in outcome.history if isinstance(event, FaultStarted) and event.fault >= own)
    tested = frozenset(verdict.property for verdict in outcome.verdicts if verdict.tested)
    return Shown(outcome.violated(), tested, fired == deviations, targets, states)


def _chunk(plan: Plan, spec: str, jobs: Sequence[Job], default: dict[int, int], grid: bool) -> list[Shown]:
    protocol = variants.load(spec)
    gc.disable()  # a run's garbage is cyclic, and small: collecting it while it grows takes a fourth of the time
    try:
        return [attempt(plan, protocol, job, default, grid=grid) for job in jobs]
    finally:
        gc.enable()


def _results(
    plan: Plan, spec: str, todo: Sequence[Job], default: dict[int, int], grid: bool, jobs: int
) -> Iterator[tuple[Job, Shown]]:
    """Does all these runs, in so many processes, in their order."""
    groups = list(chunks(todo, 1 if jobs == 1 else CHUNK))
    results = in_order(_chunk, [(plan, spec, group, default, grid) for group in groups], jobs)
    return zip(todo, (shown for some in results for shown in some), strict=True)


def enumerate_all(
    plan: Plan,
    spec: str,
    k: int,
    *,
    jobs: int,
    about: str = "",
    enough: Callable[[Enumeration], bool] = lambda found: False,
    order: Callable[[Job], int] | None = None,
    on_level: Callable[[int, int], None] = lambda depth, planned: None,
    on_result: Callable[[Job, Shown], None] = lambda job, shown: None,
) -> Enumeration:
    """Tries all sets of at most k deviations. Ctrl-C ends it early: what has finished is kept, and it is incomplete.

    `about`: the one property that is asked about; '': all. When `enough` says so it ends too, and is incomplete. `order`: which
    sets of k are tried first, lowest first; on sets that are extended the order is that of their effects.
    """
    found = Enumeration(k, about)
    default: dict[int, int] = {}
    grid = k > 1  # states are for merging the runs of sets of two and more
    try:
        while todo := found.next_level():
            if order is not None and len(found.levels) == k + 1:
                todo.sort(key=order)
            on_level(len(found.levels) - 1, len(todo))
            for job, shown in _results(plan, spec, todo, default, grid, jobs):
                with uninterrupted():
                    found.learn(job, shown)
                    if not job.faults:
                        default.update(shown.states)
                    on_result(job, shown)
                if enough(found):
                    found.complete = False
                    return found
    except KeyboardInterrupt:
        found.complete = False
    return found


def merged(
    plan: Plan,
    spec: str,
    k: int,
    count: int,
    *,
    jobs: int,
    on_level: Callable[[int, int], None] = lambda depth, planned: None,
    on_result: Callable[[Job, Shown], None] = lambda job, shown: None,
) -> tuple[int, list[tuple[Job, Shown]]]:
    """How many sets of k are merged, and what `count` of them showed, drawn by hash: merging is sound if it is nothing new.

    Sets of less than k are all run, as they show what is merged; sets of k that are not merged are not.
    """
    found = Enumeration(k, sample=count)
    default: dict[int, int] = {}
    todo = found.next_level()
    while todo and len(found.levels) <= k:
        on_level(len(found.levels) - 1, len(todo))
        for job, shown in _results(plan, spec, todo, default, True, jobs):
            found.learn(job, shown)
            if not job.faults:
                default.update(shown.states)
            on_result(job, shown)
        todo = found.next_level()
    drawn = found.sampled()
    on_level(k, len(drawn))
    results = []
    for job, shown in _results(plan, spec, drawn, default, False, jobs):
        results.append((job, shown))
        on_result(job, shown)
    return sum(level.merged for level in found.levels if level.deviations == k), results


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
            "--k", min=0, help="How many deviations at most. None: 1; for a plan, one less than it has faults."
        ),
    ] = None,
    protocol: Annotated[
        str,
        typer.Option(
            "--protocol", "-p", metavar="FILE.py[:NAME]", help="A variant of the protocol; none: the reference."
        ),
    ] = "",
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
            help="Exit with 1 unless all sets of so many were tried and break no safety property, or not --property.",
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The seed; none: the scenario's own.")] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0: one a core.")] = 0,
    sets: Annotated[int, typer.Option(min=1, help="How many of the smallest sets are shown for a property.")] = 5,
    sample: Annotated[
        int,
        typer.Option(
            "--merged",
            min=0,
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
    from parley.console import out_console, progress_bar

    if mutants:
        from parley.commands import minima

        if scenario is not None or protocol or property or gate is not None or seed is not None:
            raise BadInput("--mutants: expected no scenario, protocol, property, gate or seed: each mutant has its own")
        minima.command(k, jobs or os.cpu_count() or 1, resume, out)
        return
    if resume:
        raise BadInput("--resume: expected --mutants")
    if scenario is None:
        raise BadInput("SCENARIO: expected a story, a plan, or --mutants")
    plan, protocol, about, faults = _given(scenario, protocol, property, seed)
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
        found = enumerate_all(
            plan,
            protocol,
            k,
            jobs=jobs or os.cpu_count() or 1,
            about=about,
            on_level=lambda depth, planned: progress.reset(task, description=f"sets of {depth}", total=planned),
            on_result=lambda job, shown: progress.advance(task),
        )
    files = _write_plans(found, plan, protocol, out)
    console = out_console()
    its = certificate(found, plan, gate)
    write(out / f"radius-{plan.scenario}.json", formatted(its))
    _print(console, found, plan)
    show(console, its, sets, files)
    if faults is not None and about and found.complete:
        _compare(console, found, faults, about)
    if gate is not None:
        console.print()
        show_gate(console, its, gate)
    if code := exit_code(its):
        raise typer.Exit(code)


def _print_merged(plan: Plan, spec: str, k: int, count: int, jobs: int) -> None:
    """Runs a sample of the merged sets. Exits with 1 if one of them breaks anything."""
    from parley.console import out_console, progress_bar

    with progress_bar() as progress:
        task = progress.add_task("", total=None)
        whole, results = merged(
            plan,
            spec,
            k,
            count,
            jobs=jobs,
            on_level=lambda depth, planned: progress.reset(task, description=f"sets of {depth}", total=planned),
            on_result=lambda job, shown: progress.advance(task),
        )
    console = out_console()
    broken = [(job, shown) for job, shown in results if shown.violated]
    console.print(f"[bold]{escape(plan.scenario)}[/], seed {plan.seed}, protocol {escape(plan.protocol.name)}")
    console.print(
        f"{len(results)} of {whole} sets of {k} that are merged, drawn by hash, were run: {len(broken) or 'none'} broke anything"
    )
    for job, shown in broken:
        console.print(f"    {all_worded(job.faults)}: {', '.join(shown.violated)}", markup=False, soft_wrap=True)
    if broken:
        raise typer.Exit(1)


def _given(scenario: str, protocol: str, about: str, seed: int | None) -> tuple[Plan, str, str, int | None]:
    """What is asked for: the default schedule, the protocol, the property, and how many faults a plan had; else None."""
    if Path(scenario).suffix == ".json":
        plan, spec = read_plan(Path(scenario), protocol)
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
    loaded = scenarios.read(scenarios.find(scenario, (STORIES, BUNDLED)))
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
        _, outcome = campaign.execute(broken, variants.load(spec))
        data = campaign.summarise(broken, outcome, ()).plan
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
