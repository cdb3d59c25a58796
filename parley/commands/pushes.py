"""Runs plans twice under the same seed: as they are, and with every push notification dropped, after the healing too.

Draws are keyed, so that the two runs differ only in what follows from the hints that did not come (common random numbers).

Requirements: P8, V2, V7.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from faults.kinds import DropPush
from faults.plan import Plan
from parley import campaign as campaigns
from parley import variants
from parley.scenario import Scenario
from reports.metrics.summary import RunSummary
from reports.text.pushes import DROPPED, KEPT, Comparison, Deliveries, Side, compare, deliveries


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
        _, outcome = campaigns.execute(plan, protocol)
        summary = campaigns.summarise(plan, outcome, ())
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
    _, with_pushes = run(plan, kept, KEPT, campaigns.plan_file(protocol.name, scenario.name, seed))
    _, without = run(deaf(plan), dropped, DROPPED, campaigns.plan_file(protocol.name, scenario.name, f"{seed}-no-push"))
    kept.hints, kept.lost = with_pushes.hints, with_pushes.lost
    dropped.hints, dropped.lost = without.hints, without.lost
    kept.latency, dropped.latency = compare(with_pushes, without)
    return found


def _chunk(scenario: Scenario, seeds: Sequence[int], spec: str) -> list[PairResult]:
    return [pair(scenario, seed, spec) for seed in seeds]


def run(
    scenarios: Sequence[tuple[Scenario, Sequence[int]]],
    spec: str,
    *,
    jobs: int,
    on_result: Callable[[PairResult], None] = lambda _: None,
) -> list[Comparison]:
    """Every seed of every scenario, both ways; a comparison for each scenario, in the order given."""
    found = {scenario.name: Comparison(scenario.name) for scenario, _ in scenarios}
    for results in campaigns.spread(_chunk, scenarios, spec, jobs):
        for result in results:
            found[result.comparison.scenario].merge(result.comparison)
            on_result(result)
    return list(found.values())
