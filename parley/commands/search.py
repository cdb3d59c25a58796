"""`parley search`: runs a strategy until the first violation, or several strategies on several protocols side by side.

Requirements: V5.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from faults.generate import Campaign, generate
from faults.plan import Plan
from faults.search.catalogue import STRATEGIES
from faults.search.strategies import BATCH, Origin, trials
from parley import exits, variants
from parley.campaign import summarise
from parley.checking.mutants import mutants
from parley.commands.minima import habitat, measured
from parley.console import MOST_JOBS, MOST_RUNS, out_console, progress_bar
from parley.errors import BadInput
from parley.files import formatted, resumed, writable_folder, write
from parley.parallel import in_order
from parley.replaying import again
from parley.runner import Runner, execute
from parley.scenario import STORIES, Scenario, find, read
from reports.metrics.table import counted
from reports.text.markup import escape


class Found(msgspec.Struct, frozen=True):
    """What a search came to: how many runs and seconds, and the first violating plan, if any, with its properties."""

    strategy: str
    protocol: str
    scenario: str
    runs: int
    seconds: float
    violated: tuple[str, ...] = ()
    plan: Plan | None = None
    exhausted: bool = False
    interrupted: bool = False


def default_schedule(scenario: Scenario, spec: str) -> Plan:
    """The story; of a campaign, the workload of its first plan, without faults."""
    plan = scenario.plan(1 if scenario.campaign else scenario.seed, variants.reference_of(spec))
    return msgspec.structs.replace(plan, faults=()) if scenario.campaign else plan


def random_plans(scenario: Scenario, spec: str) -> Callable[[int], Plan]:
    """Plans by seed: those of the campaign; of a story, its own workload with random faults added."""
    reference = variants.reference_of(spec)
    if scenario.campaign is not None:
        return lambda seed: scenario.plan(seed, reference)

    def plan_of(seed: int) -> Plan:
        story = scenario.plan(seed, reference)
        drawn = generate(
            Campaign(sends=(0, 0), faults=(1, 8)),
            scenario.topology,
            seed,
            scenario=scenario.name,
            protocol=reference,
            duration=scenario.duration,
            bound=scenario.bound,
            tail=scenario.tail,
            explore_ties=scenario.explore_ties,
            settings=scenario.settings,
        )
        return msgspec.structs.replace(story, faults=(*story.faults, *drawn.faults))

    return plan_of


def origin(scenario: Scenario, spec: str) -> Origin:
    """What a search of a scenario starts from."""
    return Origin(lambda: default_schedule(scenario, spec), random_plans(scenario, spec))


def search(
    scenario: Scenario,
    spec: str,
    strategy: str,
    budget: int,
    *,
    jobs: int = 1,
    keep: bool = False,
    on_run: Callable[[], None] = lambda: None,
) -> Found:
    """Runs a strategy until a run violates something, nothing is left to try, or `budget` runs are done.

    What it finds does not depend on `jobs`. Ctrl-C raises KeyboardInterrupt, or, with `keep`, ends it early: what was done is
    counted.
    """
    variants.load(spec)
    maker = STRATEGIES[strategy](origin(scenario, spec))
    began, done = time.perf_counter(), 0

    def found(**more: Any) -> Found:
        return Found(strategy, spec, scenario.name, done, time.perf_counter() - began, **more)

    results = trials(maker, budget, Runner(spec, jobs, chunk=1), 1 if jobs == 1 else BATCH)
    try:
        for trial, outcome in results:
            done += 1
            on_run()
            if outcome.violated:
                return found(violated=outcome.violated, plan=trial.plan)
            maker.learn(trial, outcome)
    except KeyboardInterrupt:
        if not keep:
            raise
        return found(interrupted=True)
    finally:
        results.close()
    return found(exhausted=done < budget)


class Row(msgspec.Struct, frozen=True):
    """What each strategy needed for a mutant, as it is kept for the page: runs, and seconds as they were measured."""

    mutant: str
    scenario: str
    runs: dict[str, int]
    seconds: dict[str, float]
    found: dict[str, str]
    """The property that was violated first; '' if none was."""
    exhausted: tuple[str, ...] = ()
    """The strategies that had nothing left to try."""


class Measured(msgspec.Struct, frozen=True):
    """A comparison of strategies on all mutants, as it is kept for the page."""

    budget: int
    rows: list[Row]


def row_of(row: Sequence[Found]) -> Row:
    """What strategies found on one protocol, without the plans."""
    return Row(
        _stem(row[0].protocol),
        row[0].scenario,
        {found.strategy: found.runs for found in row},
        {found.strategy: round(found.seconds, 2) for found in row},
        {found.strategy: found.violated[0] if found.violated else "" for found in row},
        tuple(found.strategy for found in row if found.exhausted),
    )


def compare(
    pairs: Sequence[tuple[Scenario, str]],
    strategies: Sequence[str],
    budget: int,
    *,
    jobs: int,
    on_found: Callable[[Found], None] = lambda found: None,
    on_row: Callable[[Row], None] = lambda row: None,
) -> list[Row]:
    """For each scenario and protocol, what each strategy needed, in order.

    `on_found` is told of each search, `on_row` of all those of a protocol, as soon as they are known.
    """
    work = [(scenario, spec, strategy, budget) for scenario, spec in pairs for strategy in strategies]
    results = in_order(search, work, jobs)
    rows = []
    for _ in pairs:
        row = []
        for _ in strategies:
            row.append(next(results))
            on_found(row[-1])
        rows.append(row_of(row))
        on_row(rows[-1])
    return rows


def command(
    scenario: Annotated[
        str | None,
        typer.Argument(
            help="A scenario file, or the name of a bundled one. None: w1; with --mutants, a story for each."
        ),
    ] = None,
    strategy: Annotated[str, typer.Option(help=f"One of {', '.join(STRATEGIES)}.")] = "seeds",
    protocol: Annotated[
        list[str] | None,
        typer.Option("--protocol", "-p", metavar="FILE.py[:NAME]", help="A variant; several with --compare."),
    ] = None,
    budget: Annotated[int, typer.Option(min=1, max=MOST_RUNS, help="How many runs at most.")] = 1000,
    side_by_side: Annotated[bool, typer.Option("--compare", help="All strategies, side by side.")] = False,
    everyone: Annotated[bool, typer.Option("--mutants", help="With --compare: all mutants.")] = False,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="With --mutants: those that OUT/searches.json has, on the same story, are not done again."
        ),
    ] = False,
    seconds: Annotated[bool, typer.Option("--seconds", help="Seconds too, which differ from time to time.")] = False,
    jobs: Annotated[
        int, typer.Option(min=0, max=MOST_JOBS, help="Processes; 0: one a core, but for coverage, which takes one.")
    ] = 0,
    out: Annotated[Path, typer.Option(help="Where the failing plan goes.")] = Path("out"),
) -> None:
    """Searches for a plan that breaks a promise. Exits with 1 if one is found, but for --compare, which is a table."""
    if everyone and (protocol or not side_by_side):
        raise BadInput("--mutants: expected --compare and no --protocol")
    if resume and not everyone:
        raise BadInput("--resume: expected --mutants")
    if strategy not in STRATEGIES:
        raise BadInput(f"--strategy: expected one of {', '.join(STRATEGIES)}, got {strategy!r}")
    specs = [str(mutant.file) for mutant in mutants()] if everyone else protocol or [""]
    protocols = [variants.load(spec) for spec in specs]
    alone = everyone and scenario is None
    loaded = None if alone else [read(find(scenario or "w1"), each) for each in protocols][-1]
    processes = jobs or os.cpu_count() or 1
    if side_by_side:
        pairs = _everyone() if loaded is None else [(loaded, spec) for spec in specs]
        where = "each on its story" if loaded is None else loaded.name
        out_console().print(
            f"{where}: runs{' and seconds' if seconds else ''} to the first violation, of {budget} runs"
        )
        rows = _of_mutants(pairs, budget, processes, out, resume) if everyone else _compared(pairs, budget, processes)
        _show(rows, seconds=seconds, against=everyone)
        return
    if len(specs) > 1 or loaded is None:
        raise BadInput("--protocol: expected one without --compare")
    if strategy == "coverage" and jobs > 1:
        raise BadInput(
            f"--jobs: expected 1 with --strategy {strategy}, which makes each plan of what the last one reached"
        )
    _one(loaded, specs[0], strategy, budget, processes, out)


def _one(scenario: Scenario, spec: str, strategy: str, budget: int, jobs: int, out: Path) -> None:
    """One search: says what it came to, and leaves the plan that it found. Exits with 1 if it did, and 130 if it was stopped."""
    writable_folder(out)
    with progress_bar() as progress:
        task = progress.add_task(f"runs of {strategy}", total=budget)
        found = search(scenario, spec, strategy, budget, jobs=jobs, keep=True, on_run=lambda: progress.advance(task))
    console = out_console()
    if found.plan is None:
        over = "nothing is left to try" if found.exhausted else "the budget is spent"
        over = "interrupted" if found.interrupted else over
        console.print(f"{strategy}: {counted(found.runs, 'run')}, no violation; {over}")
        exits.leave(exits.INTERRUPTED if found.interrupted else exits.PASS)
        return
    exits.note(exits.BROKEN)
    path = out / "plans" / f"search-{strategy}-{scenario.name}.json"
    outcome = execute(found.plan, variants.load(spec))
    write(path, summarise(found.plan, outcome, ()).plan or b"")
    console.print(f"{strategy}: run {found.runs} violates {', '.join(found.violated)}", soft_wrap=True)
    console.print(f"[bold]replay[/]  {escape(again('replay', path, spec))}", soft_wrap=True)
    exits.leave(exits.BROKEN)


def _compared(
    pairs: Sequence[tuple[Scenario, str]],
    budget: int,
    jobs: int,
    on_row: Callable[[Row], None] = lambda row: None,
) -> list[Row]:
    """All strategies side by side, with a progress bar."""
    with progress_bar() as progress:
        task = progress.add_task("searches", total=len(pairs) * len(STRATEGIES))
        return compare(
            pairs, list(STRATEGIES), budget, jobs=jobs, on_found=lambda _: progress.advance(task), on_row=on_row
        )


def _of_mutants(pairs: Sequence[tuple[Scenario, str]], budget: int, jobs: int, out: Path, resume: bool) -> list[Row]:
    """The rows of all mutants, each kept as it is known. With `resume`, what was kept, on the same story, is not done again."""
    writable_folder(out)
    file, names = out / "searches.json", [_stem(spec) for _, spec in pairs]
    story_of = {name: each.name for name, (each, _) in zip(names, pairs, strict=True)}
    before = _kept(file, budget) if resume else []
    known = {row.mutant: row for row in before if row.scenario == story_of.get(row.mutant)}

    def keep(row: Row) -> None:
        known[row.mutant] = row
        write(file, encode([known[name] for name in names if name in known], budget))

    try:
        _compared([(each, spec) for each, spec in pairs if _stem(spec) not in known], budget, jobs, keep)
    except KeyboardInterrupt:
        left = f"{len(known)} of {len(names)} mutants are in {file}: --resume goes on from there"
        Console(stderr=True).print(escape(left), soft_wrap=True)
        raise
    return [known[name] for name in names]


def _show(rows: Sequence[Row], *, seconds: bool, against: bool) -> None:
    """The table; with `against` also how each strategy did against seeds."""
    console = out_console()
    console.print(table(rows, seconds=seconds))
    for line in verdict(rows) if against else ():
        console.print(line, soft_wrap=True)


def _everyone() -> list[tuple[Scenario, str]]:
    """Each mutant on the story that suits it."""
    least = measured()
    return [(read(STORIES / f"{habitat(mutant, least)}.toml"), str(mutant.file)) for mutant in mutants()]


def _stem(spec: str) -> str:
    return Path(spec).stem or "reference"


def encode(rows: Sequence[Row], budget: int) -> bytes:
    """A comparison as JSON."""
    return formatted(Measured(budget, list(rows)))


def _kept(file: Path, budget: int) -> list[Row]:
    """The rows that an earlier command left; nothing if it left nothing. Raises BadInput for what can't be gone on with."""
    measured = resumed(file, Measured)
    if measured is None:
        return []
    if measured.budget != budget:
        raise BadInput(f"--resume: {file}: expected a budget of {budget} runs, as is asked for, got {measured.budget}")
    return measured.rows


def verdict(rows: Sequence[Row]) -> list[str]:
    """How each strategy did against seeds: with how many variants it needed fewer runs, as many, and more."""
    lines = []
    for strategy in STRATEGIES:
        if strategy == "seeds":
            continue
        pairs = [(needed(row, strategy), needed(row, "seeds")) for row in rows]
        fewer, same = sum(a < b for a, b in pairs), sum(a == b for a, b in pairs)
        none = sum(not row.found[strategy] for row in rows)
        lines.append(
            f"{strategy}: fewer runs than seeds on {fewer} of {len(rows)}, as many on {same}, more on "
            f"{len(rows) - fewer - same}; finds nothing on {none}"
        )
    return lines


def needed(row: Row, strategy: str) -> float:
    """How many runs a strategy needed; infinitely many if it found nothing."""
    return row.runs[strategy] if row.found[strategy] else float("inf")


def table(rows: Sequence[Row], *, seconds: bool) -> Table:
    """A row a protocol, a column a strategy; what was violated only where there is room, that is without seconds."""
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    shown.add_column("protocol", no_wrap=True)
    for strategy in rows[0].runs:
        shown.add_column(strategy, justify="right", no_wrap=True)
    if not seconds:
        shown.add_column("violated first", overflow="fold")
    for row in rows:
        first = next((name for name in row.found.values() if name), "")
        cells = (_cell(row, strategy, seconds) for strategy in row.runs)
        shown.add_row(row.mutant, *cells, *([] if seconds else [first]))
    return shown


def _cell(row: Row, strategy: str, seconds: bool) -> str:
    whole = " (all)" if strategy in row.exhausted else ""
    runs = str(row.runs[strategy]) if row.found[strategy] else f"> {row.runs[strategy]}{whole}"
    return f"{runs} · {row.seconds[strategy]:.1f} s" if seconds else runs
