"""Campaigns: many runs of many scenarios, on all cores, kept as they finish.

A run's result is small; only a failing one carries its plan. Results are merged in the order of scenarios and seeds,
whichever worker was first, so that the same command gives the same bytes.

Requirements: V2, V4, V5, V7.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from faults import cells
from faults.kinds import KINDS
from faults.plan import Expectation, Plan, encode
from model.protocol import REFERENCE, Protocol, configured
from parley import exits, variants
from parley.checking import decision_contract, decision_coverage
from parley.errors import BadInput, InternalError, RunError
from parley.parallel import in_order, uninterrupted
from parley.run import Outcome
from parley.runner import execute
from parley.scenario import Checkpoint, Scenario
from properties import goals
from properties.catalogue import CATALOGUE
from reports.metrics.measure import measure
from reports.metrics.summary import (
    Asked,
    CampaignSummary,
    Coverage,
    FailedRun,
    Failure,
    Passed,
    RunSummary,
    ScenarioSummary,
    targets,
)
from sim.history import Event
from sim.verdicts import MISSED, NOT_MEASURED, UNKNOWN

T = TypeVar("T")

WITHOUT = 5
"""How many runs are done again without a method or a setting of a variant, at most, to see whether it makes a difference."""


def pass_checkpoints(checkpoints: Sequence[Checkpoint], history: Sequence[Event]) -> list[Passed]:
    """When each checkpoint was passed, one after the other; the first that was not, and all after it, have no time."""
    passed: list[Passed] = []
    events = iter(history)
    for checkpoint in checkpoints:
        at = next((event.t for event in events if checkpoint.matches(event)), None)
        passed.append(Passed(checkpoint.says, at))
    return passed


def summarise(plan: Plan, outcome: Outcome, checkpoints: Sequence[Checkpoint]) -> RunSummary:
    """What is kept of a run."""
    passed = pass_checkpoints(checkpoints, outcome.history)
    counted = goals.count(outcome.history, outcome.converged_after is not None)
    unknown = [Failure(v.property, v.why) for v in outcome.verdicts if v.status == UNKNOWN and v.stops()]
    summary = RunSummary(
        scenario=plan.scenario,
        seed=plan.seed,
        protocol=plan.protocol.name,
        digest=outcome.digest(),
        statuses={v.property: v.status for v in outcome.verdicts},
        failures=list(_failures(outcome)),
        unknown=unknown,
        checkpoints=passed,
        metrics=measure(outcome.history),
        goals={name: counted[name] for name in goals.NAMES},
        cells=cells.reached(plan, outcome.history),
        excused=dict(outcome.excused),
        faults={kind: counted.get(goals.fault_goal(kind), 0) for kind in KINDS},
    )
    if not summary.ok:
        expectation = Expectation(violates=outcome.violated(), digest=summary.digest)
        summary.plan = encode(msgspec.structs.replace(plan, expect=expectation))
    return summary


def _failures(outcome: Outcome) -> Iterator[Failure]:
    """What a run violates: each cause, and then what follows from it."""
    for cause, follow in outcome.causes():
        yield Failure(cause.property, cause.message)
        yield from (Failure(other.property, other.message, cause.property) for other in follow)


def _chunk(scenario: Scenario, seeds: Sequence[int], spec: str) -> list[RunSummary | RunError]:
    """Some seeds of a scenario, in this process. An error is the last of the list: what came before it is not lost."""
    protocol, reference = variants.load(spec), variants.reference_of(spec)
    found: list[RunSummary | RunError] = []
    for seed in seeds:
        plan = scenario.plan(seed, reference)
        decision_contract.clear(protocol)
        try:
            outcome = execute(plan, protocol)
        except (BadInput, InternalError) as error:
            return [*found, error]
        summary = summarise(plan, outcome, scenario.checkpoints)
        summary.asked = decision_contract.counts(protocol)
        found.append(summary)
    return found


def run_all(
    scenarios: Sequence[tuple[Scenario, Sequence[int]]],
    spec: str,
    *,
    jobs: int,
    on_result: Callable[[RunSummary], None] = lambda _: None,
    meanwhile: Callable[[], object] = lambda: None,
) -> CampaignSummary:
    """Runs every seed of every scenario. Ctrl-C ends it early; what has finished is in the summary.

    `on_result` is called with each run's summary, in order, as soon as it is there. An error of the variant, or of Parley,
    ends it, too, unless it is that of the first run, which is raised: there is nothing to keep. `meanwhile` is called once
    if others do the work, while they do.
    """
    protocol = variants.load(spec)
    campaign = CampaignSummary(
        protocol=protocol.name,
        scenarios=[_empty(scenario, seeds) for scenario, seeds in scenarios],
        statuses={kind.name: {} for kind in CATALOGUE},
        families={kind.name: kind.family for kind in CATALOGUE},
        promises={kind.name: (kind.__doc__ or "").split("\n\n")[0].strip() for kind in CATALOGUE},
        goals=dict.fromkeys(goals.NAMES, 0),
        faults=dict.fromkeys(KINDS, 0),
        coverage=_coverable(scenarios, protocol),
    )
    by_name = {scenario.scenario: scenario for scenario in campaign.scenarios}
    digests: dict[str, list[str]] = {name: [] for name in by_name}
    runs: list[tuple[str, int, str, tuple[str, ...]]] = []
    results = spread(_chunk, scenarios, spec, jobs, meanwhile)
    try:
        for found in results:
            for summary in found:
                if isinstance(summary, BadInput | InternalError):
                    raise summary
                with uninterrupted():
                    on_result(summary)  # before it is counted: a plan that could not be written is named nowhere
                    _merge(campaign, by_name[summary.scenario], summary)
                    if summary.failures:
                        exits.note(exits.BROKEN)
                    digests[summary.scenario].append(summary.digest)
                    ran = tuple(name for name, asked in summary.asked.items() if asked.times)
                    if ran or len(runs) < WITHOUT:
                        runs.append((summary.scenario, summary.seed, summary.digest, ran))
    except KeyboardInterrupt:
        campaign.complete = False
    except (BadInput, InternalError) as error:
        if not campaign.runs:
            raise
        campaign.complete, campaign.error = False, str(error)
        campaign.mistaken = isinstance(error, InternalError)
    finally:
        results.close()
    for name, scenario in by_name.items():
        scenario.digest = _digest_of(digests[name])
    if campaign.complete and not campaign.failed_runs:
        try:
            _compare(campaign, scenarios, spec, runs)
        except KeyboardInterrupt:
            campaign.complete = False
    leased = protocol.sequencer.needs_shards
    campaign.untested = (
        decision_coverage.remarks(campaign.asked, list(by_name), leased=leased) if campaign.complete else []
    )
    if campaign.complete:
        campaign.demanded_goals = _demanded(campaign, scenarios)
        reached = campaign.goals | {goals.fault_goal(kind): count for kind, count in campaign.faults.items()}
        campaign.missing_goals = [goal for goal in campaign.demanded_goals if not reached.get(goal)]
        held = [target for target in targets(campaign) if target.held]
        campaign.missed_targets = [target.told for target in held if target.status == MISSED]
        campaign.unmeasured_targets = [target.told for target in held if target.reason == NOT_MEASURED]
    return campaign


def _compare(
    campaign: CampaignSummary,
    scenarios: Sequence[tuple[Scenario, Sequence[int]]],
    spec: str,
    runs: Sequence[tuple[str, int, str, tuple[str, ...]]],
) -> None:
    """Whether what can't be compared by its answers makes a difference: some runs are done again without it.

    `runs`: scenario, seed, digest, and which of a variant's methods ran. It is the first few in which a method ran that are done
    again, and for a setting the first few of all. A method without a difference in any counts as one that never differed.
    """
    protocol, reference = variants.load(spec), variants.reference_of(spec)
    by_name = {scenario.name: scenario for scenario, _ in scenarios}

    def differing(name: str, tried: Sequence[tuple[str, int, str, tuple[str, ...]]]) -> Iterator[bool]:
        plain = decision_contract.without(protocol, name)
        for scenario, seed, digest, _ in tried:
            try:
                yield execute(by_name[scenario].plan(seed, reference), plain).digest() != digest
            except (BadInput, InternalError):
                yield True  # the rest of the variant can't do without it

    for name, asked in campaign.asked.items():
        if asked.times and asked.different is None and decision_contract.overrides(protocol, name):
            tried = [run for run in runs if name in run[3]][:WITHOUT]
            asked.compared, asked.differed = len(tried), sum(differing(name, tried))
            if tried and not asked.differed:
                asked.different = 0
    for name in decision_contract.settings_changed(protocol):
        first = runs[:WITHOUT]
        differed = sum(differing(name, first))
        campaign.asked[name] = Asked(len(first), differed, len(first), differed)


def _coverable(scenarios: Sequence[tuple[Scenario, Sequence[int]]], protocol: Protocol) -> Coverage:
    """What campaigns could reach, of what their random plans choose from on their deployments: nothing of it yet."""
    points: dict[str, dict[str, int]] = {}
    states: dict[str, dict[str, int]] = {}
    for scenario, _ in scenarios:
        if scenario.campaign is None:
            continue
        there = configured(protocol, scenario.settings)
        for state, event, kind in cells.within(scenario.topology, scenario.duration, there, scenario.campaign):
            states.setdefault(kind, {})[state] = 0
            if cells.at_point(kind):
                points.setdefault(event, {})[kind] = 0
    return Coverage(points, states)


def _digest_of(digests: Sequence[str]) -> str:
    """What stands for some runs: of a single one its own digest, as `parley run` prints it; else one over all of them."""
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def spread(
    work: Callable[[Scenario, Sequence[int], str], list[T]],
    scenarios: Sequence[tuple[Scenario, Sequence[int]]],
    spec: str,
    jobs: int,
    meanwhile: Callable[[], object] = lambda: None,
) -> Generator[list[T]]:
    """What `work` makes of all seeds, some at a time, in order: in this process, seed by seed, or in `jobs` others.

    They get fewer at a time the fewer are left, so that all are done at about the same time.
    """
    left = sum(len(seeds) for _, seeds in scenarios)
    if left < 8:
        jobs = 1
    todo = []
    for scenario, seeds in scenarios:
        rest = seeds
        while rest:
            size = 1 if jobs == 1 else max(1, min(25, left // (jobs * 4)))
            todo.append((scenario, rest[:size], spec))
            left -= len(rest[:size])
            rest = rest[size:]
    return in_order(work, todo, jobs, meanwhile)


def _empty(scenario: Scenario, seeds: Sequence[int]) -> ScenarioSummary:
    return ScenarioSummary(
        scenario=scenario.name,
        title=scenario.title,
        first_seed=seeds[0],
        last_seed=seeds[-1],
        campaign=scenario.campaign is not None,
        targets=scenario.asked,
        sources=scenario.sources,
        held=scenario.holds(len(seeds)),
    )


def _merge(campaign: CampaignSummary, scenario: ScenarioSummary, summary: RunSummary) -> None:
    scenario.runs += 1
    scenario.metrics.merge(summary.metrics)
    if not scenario.checkpoints or any(c.at is None for c in summary.checkpoints):
        scenario.checkpoints = summary.checkpoints
    for name, status in summary.statuses.items():
        statuses = campaign.statuses[name]
        statuses[status] = statuses.get(status, 0) + 1
    campaign.coverage.add(summary.cells)
    for totals, counts in ((campaign.goals, summary.goals), (campaign.faults, summary.faults)):
        for name, count in counts.items():
            totals[name] = totals.get(name, 0) + count
    for name, asked in summary.asked.items():
        campaign.asked.setdefault(name, Asked(0, 0)).add(asked)
    for name, count in summary.excused.items():
        campaign.excused[name] = campaign.excused.get(name, 0) + count
    if not summary.ok:
        scenario.failed += 1
        plan = f"plans/{plan_file(summary.protocol, summary.scenario, summary.seed)}"
        failures, unknown = tuple(summary.failures), tuple(summary.unknown)
        campaign.failed_runs.append(
            FailedRun(summary.scenario, summary.seed, failures, summary.missed[:1], plan, unknown)
        )


def _default(setting: str) -> int:
    """The value of a setting, say "gateway.user_burst", that a scenario leaves alone."""
    component, _, name = setting.partition(".")
    return int(getattr(REFERENCE.components()[component], name))


def _demanded(campaign: CampaignSummary, scenarios: Sequence[tuple[Scenario, Sequence[int]]]) -> list[str]:
    """The goals that have to be reached, if some campaign ran as many seeds as it is meant to."""
    full = [
        s for s, seeds in scenarios if s.campaign is not None and s.campaign.goals and len(seeds) >= s.campaign.seeds
    ]
    if not full:
        return []
    kinds = {kind: None for s in full if s.campaign for kind in s.campaign.every_kind()}
    themes = {theme for s in full if s.campaign for theme in s.campaign.themes_drawn()}
    replicated = any(s.topology.core.replicas > 1 for s in full)
    limits = {
        name
        for s in full
        for name in goals.ONLY_SET.values()
        if int(s.settings.get(name, _default(name))) < _default(name)
    }
    beyond = () if replicated else goals.ONLY_REPLICATED
    demanded = [
        name
        for name in campaign.goals
        if name not in beyond
        and goals.ONLY_SET.get(name) in (None, *limits)
        and goals.ONLY_THEMED.get(name) in (None, *themes)
        and (name not in goals.ONLY_WITH or not kinds.keys().isdisjoint(goals.ONLY_WITH[name]))
    ]
    return demanded + [goals.fault_goal(kind) for kind in kinds]


def plan_file(protocol: str, scenario: str, seed: int | str) -> str:
    """What the plan of a failed run is called: by its protocol too, unless that is the reference."""
    whose = "" if protocol == REFERENCE.name else re.sub(r"[^\w.+-]", "-", protocol) + "-"
    return f"{whose}{scenario}-{seed}.json"


def clear_results(folder: Path, protocol: str, scenarios: Sequence[str]) -> None:
    """Removes what an earlier campaign left there: its verdict, its report, and this protocol's plans of these scenarios.

    What `parley shrink` made of them, small plans and tests, is to be kept, and stays.
    """
    names = (re.escape(plan_file(protocol, name, "SEED")).replace("SEED", r"\d+") for name in scenarios)
    plan = re.compile("|".join(names))
    plans = [path for path in folder.glob("plans/*") if plan.fullmatch(path.name)]
    try:
        for path in (folder / "verdict.json", folder / "report.html", *plans):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}") from None
