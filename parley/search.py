"""`parley search`: runs a strategy until the first violation, or several strategies on several protocols side by side.

Requirements: V5.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from joblib import Parallel, delayed
from rich.table import Table

from faults.coverage import Coverage
from faults.deviations import Recorder
from faults.generate import Campaign, generate
from faults.lineage import Lineage
from faults.plan import Plan
from faults.search import Deviating, Seeds, Seen, Strategy, Trial
from model.protocol import Protocol
from parley import campaign, variants
from parley import scenario as scenarios
from parley.errors import BadInput
from parley.radius import as_shown, states_of
from parley.run import Run
from parley.scenario import Scenario


class Found(msgspec.Struct, frozen=True):
    """What a search came to: how many runs and seconds, and the first violating plan, if any, with its properties."""

    strategy: str
    protocol: str
    runs: int
    seconds: float
    violated: tuple[str, ...] = ()
    plan: Plan | None = None
    exhausted: bool = False


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


STRATEGIES: dict[str, Callable[[Scenario, str], Strategy]] = {
    "seeds": lambda scenario, spec: Seeds(random_plans(scenario, spec)),
    "radius": lambda scenario, spec: Deviating(default_schedule(scenario, spec)),
    "lineage": lambda scenario, spec: Lineage(default_schedule(scenario, spec)),
    "coverage": lambda scenario, spec: Coverage(random_plans(scenario, spec)(1)),
}


def attempt(trial: Trial, protocol: Protocol) -> Seen:
    """Does a trial's run."""
    recorders: list[Recorder] = []
    states: list[tuple[int, int]] = []

    def record(run: Run) -> None:
        recorders.append(Recorder(run.injector))
        if trial.grid:
            states.extend(states_of(run, trial.job, {}))

    _, outcome = campaign.execute(trial.plan, protocol, record if trial.job.record else None)
    own = len(trial.plan.faults) - len(trial.job.faults)
    targets = tuple(recorders[0].after_last(own)) if recorders else ()
    return Seen(
        as_shown(outcome, len(trial.job.faults), own, targets, tuple(states)),
        outcome.history,
        recorders[0].targets if recorders else (),
    )


def search(scenario: Scenario, spec: str, strategy: str, budget: int) -> Found:
    """Runs a strategy until a run violates something, nothing is left to try, or `budget` runs are done."""
    protocol, maker = variants.load(spec), STRATEGIES[strategy](scenario, spec)
    began = time.perf_counter()
    for runs in range(1, budget + 1):
        trial = maker.propose()
        if trial is None:
            return Found(strategy, spec, runs - 1, time.perf_counter() - began, exhausted=True)
        seen = attempt(trial, protocol)
        if seen.shown.violated:
            return Found(strategy, spec, runs, time.perf_counter() - began, seen.shown.violated, trial.plan)
        maker.learn(trial, seen)
    return Found(strategy, spec, budget, time.perf_counter() - began)


def compare(
    pairs: Sequence[tuple[Scenario, str]], strategies: Sequence[str], budget: int, *, jobs: int
) -> list[list[Found]]:
    """For each scenario and protocol, what each strategy found, in order."""
    work = [(scenario, spec, strategy, budget) for scenario, spec in pairs for strategy in strategies]
    results = list(Parallel(n_jobs=jobs)(delayed(search)(*each) for each in work))
    return [results[i : i + len(strategies)] for i in range(0, len(results), len(strategies))]


def command(
    scenario: Annotated[str, typer.Argument(help="A scenario file, or the name of a bundled one.")] = "w1",
    strategy: Annotated[str, typer.Option(help=f"One of {', '.join(STRATEGIES)}.")] = "seeds",
    protocol: Annotated[
        list[str] | None,
        typer.Option("--protocol", "-p", metavar="FILE.py[:NAME]", help="A variant; several with --compare."),
    ] = None,
    budget: Annotated[int, typer.Option(min=1, help="How many runs at most.")] = 1000,
    side_by_side: Annotated[bool, typer.Option("--compare", help="All strategies, side by side.")] = False,
    seconds: Annotated[bool, typer.Option("--seconds", help="Seconds too, which differ from time to time.")] = False,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0: one a core.")] = 0,
    out: Annotated[Path, typer.Option(help="Where the failing plan goes.")] = Path("out"),
) -> None:
    """Searches for a plan that breaks a promise. Exits with 1 if one is found, but for --compare, which is a table."""
    from parley.cli import _folder, find  # it registers this command
    from parley.console import out_console

    console = out_console()
    loaded = scenarios.read(find(scenario))
    specs = protocol or [""]
    for spec in specs:
        variants.load(spec)
    if strategy not in STRATEGIES:
        raise BadInput(f"--strategy: expected one of {', '.join(STRATEGIES)}, got {strategy!r}")
    if side_by_side:
        rows = compare([(loaded, spec) for spec in specs], list(STRATEGIES), budget, jobs=jobs or os.cpu_count() or 1)
        console.print(
            f"{loaded.name}: runs{' and seconds' if seconds else ''} to the first violation, of {budget} runs"
        )
        console.print(table(rows, seconds=seconds))
        return
    if len(specs) > 1:
        raise BadInput("--protocol: expected one without --compare")
    _folder(out)
    found = search(loaded, specs[0], strategy, budget)
    if found.plan is None:
        over = "nothing is left to try" if found.exhausted else "the budget is spent"
        console.print(f"{strategy}: {found.runs} runs, no violation; {over}")
        return
    path = out / "plans" / f"search-{strategy}-{loaded.name}.json"
    _, outcome = campaign.execute(found.plan, variants.load(specs[0]))
    campaign.write(path, campaign.summarise(found.plan, outcome, ()).plan or b"")
    console.print(f"{strategy}: run {found.runs} violates {', '.join(found.violated)}")
    console.print(f"[bold]replay[/]  parley replay {path}", soft_wrap=True)
    raise typer.Exit(1)


def table(rows: Sequence[Sequence[Found]], *, seconds: bool) -> Table:
    """A row a protocol, a column a strategy."""
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    shown.add_column("protocol", no_wrap=True)
    for found in rows[0]:
        shown.add_column(found.strategy, justify="right", no_wrap=True)
    shown.add_column("violated first", overflow="fold")
    for row in rows:
        first = next((found.violated[0] for found in row if found.violated), "")
        shown.add_row(Path(row[0].protocol).stem or "reference", *(_cell(found, seconds) for found in row), first)
    return shown


def _cell(found: Found, seconds: bool) -> str:
    runs = str(found.runs) if found.violated else f"> {found.runs}{' (all)' if found.exhausted else ''}"
    return f"{runs} · {found.seconds:.1f} s" if seconds else runs
