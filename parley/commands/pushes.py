"""`parley pushes`: plans twice under the same seed: as they are, and with every push dropped, after the healing too.

Draws are keyed, so that the two runs differ only in what follows from the hints that did not come (common random numbers).

Requirements: P8, V2, V7.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from faults.kinds import DropPush
from faults.plan import Plan
from parley import exits, variants
from parley.campaign import plan_file, spread, summarise
from parley.commands.selection import read_all, seeds_of
from parley.console import LARGEST_SEED, MOST_JOBS, MOST_RUNS, ProtocolOption, out_console, progress_bar
from parley.files import writable_folder, write
from parley.runner import execute
from parley.scenario import BUNDLED, Scenario
from reports.metrics.summary import RunSummary
from reports.text.pushes import DROPPED, KEPT, Comparison, Deliveries, Side, compare, deliveries
from reports.text.terminal import show_pushes


class PairResult(msgspec.Struct):
    """Both runs of one plan. `plans` are the files of those that failed, by name."""

    comparison: Comparison
    plans: dict[str, bytes]


def deaf(plan: Plan) -> Plan:
    """The plan with every push dropped, from its first µs on and for good. Added last: no other fault's number moves."""
    return msgspec.structs.replace(plan, faults=(*plan.faults, DropPush(duration=plan.duration, for_good=True)))


def pair(scenario: Scenario, seed: int, spec: str) -> PairResult:
    """One seed of a scenario, both ways. Checkpoints tell a story with or without pushes, and are not asked for."""
    protocol, reference = variants.load(spec), variants.reference_of(spec)
    plan = scenario.plan(seed, reference)
    found = PairResult(Comparison(scenario.name), {})

    def run(plan: Plan, side: Side, told: str, file: str) -> tuple[RunSummary, Deliveries]:
        outcome = execute(plan, protocol)
        summary = summarise(plan, outcome, ())
        side.runs = 1
        side.violated = int(bool(summary.failures))
        side.converged = int(outcome.converged_after is not None)
        side.lag = summary.metrics.samples.get("offline_sync_lag", [])
        if summary.failures:
            found.comparison.failures.append((told, seed, tuple(summary.failures)))
        if summary.plan is not None:
            found.plans[file] = summary.plan
        return summary, deliveries(outcome.history)

    kept, dropped = found.comparison.kept, found.comparison.dropped
    _, with_pushes = run(plan, kept, KEPT, plan_file(protocol.name, scenario.name, seed))
    _, without = run(deaf(plan), dropped, DROPPED, plan_file(protocol.name, scenario.name, f"{seed}-no-push"))
    kept.hints, kept.lost = with_pushes.hints, with_pushes.lost
    dropped.hints, dropped.lost = without.hints, without.lost
    kept.latency, dropped.latency = compare(with_pushes, without)
    return found


def _chunk(scenario: Scenario, seeds: Sequence[int], spec: str) -> list[PairResult]:
    return [pair(scenario, seed, spec) for seed in seeds]


def run_pairs(
    scenarios: Sequence[tuple[Scenario, Sequence[int]]],
    spec: str,
    *,
    jobs: int,
    on_result: Callable[[PairResult], None] = lambda _: None,
) -> list[Comparison]:
    """Every seed of every scenario, both ways; a comparison for each scenario, in the order given."""
    found = {scenario.name: Comparison(scenario.name) for scenario, _ in scenarios}
    for results in spread(_chunk, scenarios, spec, jobs):
        for result in results:
            found[result.comparison.scenario].merge(result.comparison)
            on_result(result)
    return list(found.values())


def command(
    scenario: Annotated[list[str] | None, typer.Argument(help="Scenario files or bundled names; none: all.")] = None,
    seeds: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_RUNS, help="How many seeds of each campaign; none: as many as it says."),
    ] = None,
    first_seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="The first seed of each campaign.")] = 1,
    protocol: ProtocolOption = "",
    jobs: Annotated[int, typer.Option(min=0, max=MOST_JOBS, help="Processes; 0: one a core.")] = 0,
    out: Annotated[Path, typer.Option(help="Where the failing plans go.")] = Path("out"),
) -> None:
    """Runs scenarios as they are and with every push notification dropped: nothing but latency may change."""
    bundled = sorted(found.stem for found in BUNDLED.glob("*.toml"))
    chosen = seeds_of(read_all(scenario or bundled, variants.load(protocol)), seeds, first_seed)
    variants.load(protocol)
    writable_folder(out)
    with progress_bar() as progress:
        task = progress.add_task("pairs of runs", total=sum(len(some) for _, some in chosen))

        def keep(result: PairResult) -> None:
            for file, plan in result.plans.items():
                write(out / "plans" / file, plan)
            progress.advance(task)

        found = run_pairs(chosen, protocol, jobs=jobs or os.cpu_count() or 1, on_result=keep)
    show_pushes(out_console(), found, f"{out}/plans")
    exits.leave(
        *(exits.BROKEN for comparison in found if comparison.failures),
        *(exits.NO_PASS for comparison in found if not comparison.ok),
    )
