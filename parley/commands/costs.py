"""`parley costs`: runs scenarios under each fan-out strategy, the rest of the protocol being the same, and says what each costs.

The same plans under the same seeds: draws are keyed, so that the runs differ only in what follows from the strategy.

Requirements: R6, P11, W4.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated

import msgspec
import typer

from model.fan_out import FanOut, Hybrid, OnRead, OnWrite
from parley import exits, variants
from parley.campaign import spread, summarise
from parley.commands.selection import read_all, seeds_of
from parley.console import LARGEST_SEED, MOST_JOBS, MOST_RUNS, ProtocolOption, out_console, progress_bar
from parley.runner import execute
from parley.scenario import Scenario
from reports.metrics.measure import Metrics
from reports.metrics.summary import Failure
from reports.text.costs import Cost, cost
from reports.text.terminal import show_costs

STRATEGIES: dict[str, type[FanOut]] = {"on write": OnWrite, "on read": OnRead, "hybrid": Hybrid}


class Priced(msgspec.Struct):
    """The runs of one scenario under one strategy. `failures` has the first of each property, by seed."""

    scenario: str
    strategy: str
    runs: int = 0
    cost: Cost = msgspec.field(default_factory=Cost)
    metrics: Metrics = msgspec.field(default_factory=Metrics)
    failures: list[tuple[int, tuple[Failure, ...]]] = msgspec.field(default_factory=list)
    unknown: int = 0
    """In how many runs something was owed at the end, and not shown."""

    def merge(self, other: Priced) -> None:
        self.runs += other.runs
        self.cost.merge(other.cost)
        self.metrics.merge(other.metrics)
        self.failures += other.failures
        self.unknown += other.unknown


def _priced(scenario: Scenario, seed: int, spec: str, strategy: str) -> Priced:
    protocol = replace(variants.load(spec), fan_out=STRATEGIES[strategy])
    plan = scenario.plan(seed, variants.reference_of(spec))
    outcome = execute(plan, protocol)
    summary = summarise(plan, outcome, ())
    failures = [(seed, tuple(summary.failures))] if summary.failures else []
    unknown = int(bool(summary.unknown))
    return Priced(scenario.name, strategy, 1, cost(outcome.history), summary.metrics, failures, unknown)


def _chunk(scenario: Scenario, seeds: Sequence[int], spec: str) -> list[Priced]:
    return [_priced(scenario, seed, spec, strategy) for seed in seeds for strategy in STRATEGIES]


def run_priced(
    scenarios: Sequence[tuple[Scenario, Sequence[int]]],
    spec: str,
    *,
    jobs: int,
    on_result: Callable[[Priced], None] = lambda _: None,
) -> list[Priced]:
    """Every seed of every scenario under each strategy; one result for each scenario and strategy, in that order."""
    found = {(s.name, strategy): Priced(s.name, strategy) for s, _ in scenarios for strategy in STRATEGIES}
    for results in spread(_chunk, scenarios, spec, jobs):
        for result in results:
            found[result.scenario, result.strategy].merge(result)
            on_result(result)
    return list(found.values())


def command(
    scenario: Annotated[list[str] | None, typer.Argument(help="Scenario files or bundled names; none: w4.")] = None,
    seeds: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_RUNS, help="How many seeds of each campaign; none: as many as it says."),
    ] = None,
    first_seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="The first seed of each campaign.")] = 1,
    protocol: ProtocolOption = "",
    jobs: Annotated[int, typer.Option(min=0, max=MOST_JOBS, help="Processes; 0: one a core.")] = 0,
) -> None:
    """Runs scenarios under each fan-out strategy, and shows what a message costs and how long it takes."""
    chosen = seeds_of(read_all(scenario or ["w4"], variants.load(protocol)), seeds, first_seed)
    variants.load(protocol)
    with progress_bar() as progress:
        task = progress.add_task("runs", total=len(STRATEGIES) * sum(len(some) for _, some in chosen))
        found = run_priced(
            chosen, protocol, jobs=jobs or os.cpu_count() or 1, on_result=lambda _: progress.advance(task)
        )
    show_costs(out_console(), [(p.scenario, p.strategy, p.runs, p.cost, p.metrics, p.failures) for p in found])
    exits.leave(
        *(exits.BROKEN for priced in found if priced.failures), *(exits.NO_PASS for priced in found if priced.unknown)
    )
