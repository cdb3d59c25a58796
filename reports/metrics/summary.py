"""What is kept of a run and of a campaign: small, plain data, the same bytes for the same seeds.

Requirements: R1, R7.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import msgspec

from reports.metrics.definitions import DIMENSIONS, METRICS, SHARES, VALUES, Share
from reports.metrics.measure import Metrics, given_up, percentile
from reports.metrics.table import Figure, Rate, breakdown, counted, figures, human, millionths, rates
from sim.near import near
from sim.verdicts import CLEAN, HOLDS, MISSED, NOT_MEASURED, UNKNOWN, VACUOUS, VIOLATED, Reason, Status, of_many


class Failure(msgspec.Struct, frozen=True):
    """A violated property of a run: the message of its first violation. `follows`: the one that led to it; '' for a cause."""

    property: str
    message: str
    follows: str = ""


def folded(failures: Sequence[Failure]) -> list[tuple[Failure, list[str]]]:
    """Each cause with the names of the properties that were violated in its wake."""
    found = {failure.property: (failure, list[str]()) for failure in failures if not failure.follows}
    for failure in failures:
        if failure.follows:
            found[failure.follows][1].append(failure.property)
    return list(found.values())


def that_follow(names: Sequence[str]) -> str:
    """'3 that follow: a, b, c'."""
    return f"{len(names)} that follow{'s' if len(names) == 1 else ''}: {', '.join(names)}"


class Passed(msgspec.Struct, frozen=True):
    """A checkpoint of a walkthrough, and when it was passed (µs); None if it was not."""

    says: str
    at: int | None


class Asked(msgspec.Struct, omit_defaults=True):
    """How often a decision was asked, and how often it answered otherwise than the reference would have; None: can't be told."""

    times: int
    different: int | None
    compared: int = 0
    """So many runs were done again without it, as its answers can't be compared or it has none."""
    differed: int = 0
    """In so many of these it made a difference."""

    @property
    def otherwise(self) -> str:
        """What is known of how it differs from the reference, in words."""
        if self.compared:
            return f"a difference in {self.differed or 'none'} of {self.compared} runs compared"
        return "not compared" if self.different is None else f"{self.different:,}"

    def add(self, other: Asked) -> None:
        """Counts what another run asked."""
        self.times += other.times
        self.different = None if other.different is None else (self.different or 0) + other.different


class RunSummary(msgspec.Struct):
    """One run. `plan` is the plan's JSON, for a run that failed; `statuses` says of each property what is known."""

    scenario: str
    seed: int
    protocol: str
    digest: str
    statuses: dict[str, str]
    failures: list[Failure]
    checkpoints: list[Passed]
    metrics: Metrics
    goals: dict[str, int]
    faults: dict[str, int]
    cells: dict[tuple[str, str, str], int] = {}
    """What it covered, and how often: (state of the newest message, crash point or step before it, kind of fault)."""
    excused: dict[str, int] = {}
    """What stayed undone with a valid certificate, by its kind: 'device' (it never came back) or 'quorum' (gone for good)."""
    asked: dict[str, Asked] = {}
    """The decisions that the protocol overrides, by component and name."""
    unknown: list[Failure] = []
    """What stops a pass and is no violation: a property, and what was owed when the run ended and was not shown."""
    plan: bytes | None = None

    @property
    def ok(self) -> bool:
        return not (self.failures or self.unknown or self.missed)

    @property
    def missed(self) -> tuple[str, ...]:
        """The checkpoints that were not passed."""
        return tuple(checkpoint.says for checkpoint in self.checkpoints if checkpoint.at is None)


class FailedRun(msgspec.Struct, frozen=True):
    """A run that failed, with the file its plan was written to."""

    scenario: str
    seed: int
    failures: tuple[Failure, ...]
    missed: tuple[str, ...]
    plan: str
    unknown: tuple[Failure, ...] = ()


class ScenarioSummary(msgspec.Struct):
    """All runs of one scenario."""

    scenario: str
    title: str
    first_seed: int
    last_seed: int
    campaign: bool
    runs: int = 0
    failed: int = 0
    metrics: Metrics = msgspec.field(default_factory=lambda: Metrics({}, {}))
    checkpoints: list[Passed] = []
    targets: dict[str, int] = {}
    sources: dict[str, str] = {}
    """Where the targets are from, by their names."""
    held: bool = True
    """Whether these are runs enough to hold the scenario to its targets."""
    digest: str = ""

    def rows(self) -> list[Figure]:
        return figures(self.metrics)


class Coverage(msgspec.Struct):
    """How often faults struck where. What could have been reached and never was has a 0; what can't be reached is not there.

    `points`: by crash point ('component:point'), then by the kind of the fault that was armed there. `states`: by kind of
    fault, then by the state of the newest message.
    """

    points: dict[str, dict[str, int]]
    states: dict[str, dict[str, int]]

    def add(self, cells: dict[tuple[str, str, str], int]) -> None:
        """Counts what a run covered."""
        for (state, event, kind), count in cells.items():
            by_state = self.states.setdefault(kind, {})
            by_state[state] = by_state.get(state, 0) + count
            if ":" in event:
                by_kind = self.points.setdefault(event, {})
                by_kind[kind] = by_kind.get(kind, 0) + count


def covered(table: dict[str, dict[str, int]]) -> str:
    """How much of a table of coverage was reached: '12 of 40'."""
    counts = [count for row in table.values() for count in row.values()]
    return f"{sum(map(bool, counts)):,} of {len(counts):,}"


class CampaignSummary(msgspec.Struct):
    """Everything that one command ran. `complete` is False if it was interrupted, or ended by an error, which `error` tells."""

    protocol: str
    scenarios: list[ScenarioSummary] = []
    statuses: dict[str, dict[str, int]] = {}
    families: dict[str, str] = {}
    promises: dict[str, str] = {}
    goals: dict[str, int] = {}
    missing_goals: list[str] = []
    demanded_goals: list[str] = []
    """What has to be reached: nothing, if it ran fewer seeds than it is meant to."""
    missed_targets: list[str] = []
    """The targets that were asked of enough runs and are not met, each with what was measured."""
    unmeasured_targets: list[str] = []
    """Those that were asked of enough runs, and of which there is no figure."""
    faults: dict[str, int] = {}
    coverage: Coverage = msgspec.field(default_factory=lambda: Coverage({}, {}))
    failed_runs: list[FailedRun] = []
    excused: dict[str, int] = {}
    asked: dict[str, Asked] = {}
    untested: list[str] = []
    """Of the decisions that the protocol overrides, those that nothing put to the test, and which campaign would."""
    complete: bool = True
    error: str = ""
    mistaken: bool = False
    """The error is a mistake in Parley, and not in the variant."""

    @property
    def runs(self) -> int:
        return sum(scenario.runs for scenario in self.scenarios)

    @property
    def ok(self) -> bool:
        return self.complete and self.status in (HOLDS, CLEAN)

    @property
    def status(self) -> Status:
        """What the whole campaign comes to. One that never got to what it was meant to reach put nothing to the test."""
        if self.violated():
            return VIOLATED
        if self.missed_targets:
            return MISSED
        if self.unknown() or self.unmeasured_targets:
            return UNKNOWN
        if self.missing_goals or self.missed_checkpoints():
            return VACUOUS
        return of_many(set(map(of_many, self.statuses.values())))

    @property
    def metrics(self) -> Metrics:
        """All scenarios together, campaigns only if there are any: a walkthrough's few messages are not a load."""
        chosen = [s for s in self.scenarios if s.campaign] or self.scenarios
        merged = Metrics({}, {})
        for scenario in chosen:
            merged.merge(scenario.metrics)
        return merged

    @property
    def says_nothing(self) -> bool:
        """Whether the variant was the reference wherever its decisions were asked: a pass is then one of the reference."""
        return 0 < len(self.asked) == len(self.untested)

    def violated(self) -> list[str]:
        """The violated properties: those that were a cause in some run, in most runs first; then those that only followed."""
        return [name for names in self.violated_folded() for name in names]

    def violated_folded(self) -> tuple[list[str], list[str]]:
        """The violated properties that were a cause in some run, and those that always followed from another one."""
        caused: dict[str, int] = {}
        followed: dict[str, None] = {}
        for failure in (failure for run in self.failed_runs for failure in run.failures):
            if failure.follows:
                followed[failure.property] = None
            else:
                caused[failure.property] = caused.get(failure.property, 0) + 1
        names = [name for name, statuses in self.statuses.items() if statuses.get(VIOLATED)]
        first = [name for name in names if name in caused or name not in followed]
        return sorted(first, key=lambda name: -caused.get(name, 0)), [name for name in names if name not in first]

    def unknown(self) -> list[str]:
        """The properties of which something was owed at the end of a run and not shown, in the order of the catalogue."""
        return [name for name, statuses in self.statuses.items() if of_many(statuses) == UNKNOWN]

    def demands(self) -> str:
        """Which of the goals have to be reached, in words."""
        if not self.demanded_goals:
            return "none of these: that takes a campaign with goals, and as many seeds as it is meant to have, or more"
        demanded = {*self.demanded_goals}
        beside = [goal for goal in self.goals if goal not in demanded]
        told = f"{len(self.goals) - len(beside)} of {counted(len(self.goals), 'goal')}, and every kind of fault that is drawn"
        return f"{told}; not {'; '.join(beside)}" if beside else told

    def never_reached(self) -> list[tuple[str, str]]:
        """The goals that were not reached, by whether this campaign demands them, in words; without what does not occur."""
        unreached = [goal for goal, count in self.goals.items() if not count]
        demanded = [goal for goal in unreached if goal in self.demanded_goals]
        beside = [goal for goal in unreached if goal not in self.demanded_goals]
        both = (("demanded", demanded), ("not demanded of these runs", beside))
        return [(whether, "; ".join(some)) for whether, some in both if some]

    def missed_checkpoints(self) -> list[str]:
        """The checkpoints that were not passed, with their scenarios."""
        return [
            f"{scenario.scenario}: {checkpoint.says}"
            for scenario in self.scenarios
            for checkpoint in scenario.checkpoints
            if checkpoint.at is None
        ]


class Target(msgspec.Struct, frozen=True):
    """A service level of a scenario: what its own runs showed, next to what was asked for, in `unit`.

    `met` is None if nothing was measured, or if no figure has that name: a level that nobody judged is not met. `source` says
    where what is asked for is from. What is not `held` is shown and stops no pass: there were fewer runs than it is meant for.
    """

    scenario: str
    name: str
    title: str
    unit: str
    asked: int
    value: int | None
    met: bool | None
    source: str = ""
    held: bool = True

    @property
    def beyond(self) -> float:
        """By how much it is missed: what was measured by what was asked for, 0 if it is met or was not measured."""
        return self.value / max(1, self.asked) if self.met is False and self.value is not None else 0.0

    @property
    def status(self) -> Status:
        """As of a property: one that was not measured is unknown, which is no pass."""
        return UNKNOWN if self.met is None else HOLDS if self.met else MISSED

    @property
    def reason(self) -> Reason:
        return NOT_MEASURED if self.met is None else ""

    @property
    def told(self) -> str:
        """What was asked and what was measured, in a few words."""
        measured = f"is {human(self.value, self.unit)}" if self.value is not None else "was not measured"
        where = f"{self.scenario}: " if self.scenario else ""
        return f"{where}{self.title} {measured}, asked for ≤ {human(self.asked, self.unit)}"


def targets(campaign: CampaignSummary) -> list[Target]:
    """Every target of every scenario: what is missed by most first, the others in the order of the files."""
    found = [
        target
        for each in campaign.scenarios
        for target in targets_of(each.scenario, each.targets, each.metrics, each.sources, held=each.held)
    ]
    return sorted(found, key=lambda target: -target.beyond)


def targets_of(
    scenario: str, asked: Mapping[str, int], metrics: Metrics, sources: Mapping[str, str] = {}, *, held: bool = True
) -> list[Target]:
    """The targets of a scenario of that name, as these figures meet them: what is missed by most first."""
    found = (_target(scenario, metrics, name, most) for name, most in asked.items())
    told = (msgspec.structs.replace(each, source=sources.get(each.name, ""), held=held) for each in found)
    return sorted(told, key=lambda target: -target.beyond)


_POINTS = {"p50": 50, "p90": 90, "p95": 95, "p99": 99, "max": 100}


_CELLED = {"tap_to_screen", "catch_up_to_screen"}
"""The figures that are kept by all dimensions; the others by phase alone."""
_WHOLE = {"convergence"}
"""The figure that is kept by nothing: one number a run, of the time when all faults have just ended."""

_NEVER: dict[str, dict[str, tuple[str, ...]]] = {
    # Who was connected all the time has nothing to catch up with.
    "catch_up_to_screen": {"segment": ("live", "reconnected")},
    # A probe closes apps on purpose.
    "presence_staleness_rate": {"phase": ("probe",)},
}
"""By figure and dimension: the values that no sample of it ever has."""


def asked_of(name: str) -> tuple[str, str, dict[str, str]] | None:
    """The figure that a target is of, its percentile ('p99'), and the part of it that is asked for; None if there is none such.

    A name is a figure's, then _p50, _p90, _p95, _p99 or _max, or that of a share, which has no percentile (''); and in brackets
    the dimensions of which it wants one value only: 'tap_to_screen_p99[segment=live,phase=calm]', 'tries_per_send[phase=calm]'.
    """
    matched = re.fullmatch(rf"(\w+?)(?:_({'|'.join(_POINTS)}))?(?:\[([^\[\]]+)\])?", name)
    if matched is None or matched[1] not in (METRICS if matched[2] else SHARES):
        return None
    figure, point, told = matched[1], matched[2] or "", matched[3]
    where: dict[str, str] = {}
    for part in told.split(",") if told else ():
        dimension, equals, value = part.partition("=")
        if not equals or not value or dimension in where:
            return None
        where[dimension] = value
    known = set(DIMENSIONS) if figure in _CELLED else set() if figure in _WHOLE else {"phase"}
    return (figure, point, where) if where.keys() <= known else None


def is_target(name: str) -> bool:
    """Whether a target of this name can be judged: that of a figure, a share, or a part of one (`asked_of`)."""
    return asked_of(name) is not None


def unknown_part(name: str, places: Mapping[str, Collection[str]] = {}) -> str:
    """What is wrong with the values that a target asks for, '' if nothing is: 'there is no segment 'lively''.

    `places`: the values there are of the dimensions that a topology names, if it is known.
    """
    found = asked_of(name)
    figure, _, where = found if found is not None else ("", "", {})
    for dimension, value in where.items():
        known = VALUES.get(dimension) or places.get(dimension)
        if known is not None and value not in known:
            return f"there is no {dimension} {value!r}{near(value, known)}"
        if value in _NEVER.get(figure, {}).get(dimension, ()):
            had = ", ".join(each for each in VALUES[dimension] if each not in _NEVER[figure][dimension])
            return f"{figure} is never measured of {dimension} {value!r}, only of {had}"
    return ""


def _target(scenario: str, metrics: Metrics, name: str, asked: int) -> Target:
    found = asked_of(name)
    if found is None:
        return Target(scenario, name, f"{name}: there is no such figure", "µs", asked, None, None)
    figure, point, where = found
    of = METRICS[figure] if point else SHARES[figure]
    if isinstance(of, Share):
        value = millionths(metrics, of, where)
    else:
        value = percentile(sorted(metrics.values(figure, where)), _POINTS[point])
    met = None if value is None else value <= asked
    parts = [part if what in ("segment", "phase") else f"{what} {part}" for what, part in where.items()]
    title = ", ".join(filter(None, (of.title, *parts, point)))
    return Target(scenario, name, title, of.unit, asked, value, met)


class VerdictFile(msgspec.Struct, frozen=True):
    """The machine's form of a campaign: `verdict.json`. `status`: what all of it comes to, as of a property."""

    ok: bool
    status: str
    complete: bool
    protocol: str
    runs: int
    violated: list[str]
    unknown: list[str]
    """The properties of which something was owed at the end of a run, and not shown."""
    error: str
    missing_goals: list[str]
    demanded_goals: list[str]
    missed_targets: list[str]
    unmeasured_targets: list[str]
    missed_checkpoints: list[str]
    failed_runs: list[FailedRun]
    figures: list[Figure]
    breakdown: list[Figure]
    rates: list[Rate]
    given_up: dict[str, int]
    """Deliveries that were given up, by reason, with the `alerts` that told of them."""
    alerts: int
    targets: list[Target]
    goals: dict[str, int]
    faults: dict[str, int]
    coverage: Coverage
    excused: dict[str, int]
    decisions: dict[str, Asked]
    untested: list[str]
    statuses: dict[str, dict[str, int]]
    digests: dict[str, str]


def verdict(campaign: CampaignSummary) -> VerdictFile:
    """The verdict with its figures."""
    metrics = campaign.metrics
    return VerdictFile(
        ok=campaign.ok,
        status=campaign.status,
        complete=campaign.complete,
        protocol=campaign.protocol,
        runs=campaign.runs,
        violated=campaign.violated(),
        unknown=campaign.unknown(),
        error=campaign.error,
        missing_goals=campaign.missing_goals,
        demanded_goals=campaign.demanded_goals,
        missed_targets=campaign.missed_targets,
        unmeasured_targets=campaign.unmeasured_targets,
        missed_checkpoints=campaign.missed_checkpoints(),
        failed_runs=campaign.failed_runs,
        figures=figures(metrics),
        breakdown=breakdown(metrics),
        rates=rates(metrics),
        given_up=given_up(metrics),
        alerts=metrics.counts.get("alerts", 0),
        targets=targets(campaign),
        goals=campaign.goals,
        faults=campaign.faults,
        coverage=campaign.coverage,
        excused=campaign.excused,
        decisions=campaign.asked,
        untested=campaign.untested,
        statuses=campaign.statuses,
        digests={scenario.scenario: scenario.digest for scenario in campaign.scenarios},
    )


CERTIFICATES = {"device": "its device never came back", "quorum": "its quorum is gone for good"}
"""Why something may stay undone (properties/recoverability.py)."""


def not_due(excused: dict[str, int]) -> str:
    """How much stayed undone with which certificate, as a line; '' if nothing did."""
    return ", ".join(f"{excused[name]:,} because {why}" for name, why in CERTIFICATES.items() if excused.get(name))


def encode(campaign: CampaignSummary) -> bytes:
    """`verdict.json`: indented, the same bytes for the same runs."""
    return msgspec.json.format(msgspec.json.encode(verdict(campaign)), indent=2) + b"\n"
