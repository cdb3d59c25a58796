"""What `pytest properties` judges: the protocol, where it is run, and the random plans that every property is asked about.

The plans are run once a session, however many tests and xdist workers there are: they are cut into parts, whoever needs
the result takes the next part that nobody has, and waits in the end for those of the others.

Requirements: V1, V2, V5.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from faults.plan import Expectation, encode
from model.protocol import Protocol
from parley import variants
from parley.campaign import plan_file
from parley.checking.mutants import mutants
from parley.errors import BadInput, InternalError
from parley.files import writable, write
from parley.machine.deployments import DEPLOYMENTS, Where, of_scenario
from parley.parting import is_owed
from parley.replaying import again
from parley.runner import execute
from parley.scenario import BUNDLED, Scenario, find, read
from reports.text.narrative import story
from sim.verdicts import NOT_SHOWN, VIOLATED, of_many

USUAL: tuple[tuple[str, str], ...] = (
    ("ci", ""), ("churn", ""), ("push", ""), ("stragglers", ""), ("replicated", ""), ("nightly", ""), ("sharded", "leased"),
)  # fmt: skip
"""The campaigns that together put every property to the test, each with the protocol that it has if none is named."""

PART = 8
"""So many plans are a part of the work."""


class Part(msgspec.Struct, frozen=True):
    """Some seeds of a scenario, under a protocol."""

    scenario: Scenario
    spec: str
    seeds: Sequence[int]


class Finding(msgspec.Struct):
    """A property's first violation: by which plan, which file that is in, and how it came to it."""

    property: str
    message: str
    plan: str
    story: list[str]
    spec: str = ""
    """What the plan's protocol is loaded by."""


class Explored(msgspec.Struct):
    """What some plans showed: how often each property had each verdict, and the first violation of each."""

    runs: int = 0
    statuses: dict[str, dict[str, int]] = {}
    found: dict[str, Finding] = {}
    unknown: dict[str, str] = {}
    """Of each property what was owed at the end of a plan and not shown: in the first such plan."""
    error: str = ""
    """Why a plan could not be run, if one could not."""

    def add(self, other: Explored) -> None:
        """Takes in what later plans showed."""
        self.runs += other.runs
        self.error = self.error or other.error
        for name, counts in other.statuses.items():
            mine = self.statuses.setdefault(name, {})
            for status, count in counts.items():
                mine[status] = mine.get(status, 0) + count
        for name, finding in other.found.items():
            self.found.setdefault(name, finding)
        for name, why in other.unknown.items():
            self.unknown.setdefault(name, why)


class Suite:
    """The choices of the command line: raises BadInput for what can't be."""

    def __init__(self, spec: str, named: Sequence[str], plans: Path) -> None:
        self.spec = spec
        self.plans = plans
        self.protocol: Protocol = variants.load(spec)
        self.scenarios = [read(find(name), self.protocol) for name in named]
        writable(plans)
        needs_shards = self.protocol.sequencer.needs_shards
        for scenario in self.scenarios:
            if not of_scenario(scenario).suits(needs_shards):
                raise BadInput(
                    f"scenario {scenario.name}: $.topology.core.shards: {spec} needs at least 1 sequencer shard"
                )
        chosen = [of_scenario(scenario) for scenario in self.scenarios] or list(DEPLOYMENTS.values())
        self.deployments: dict[str, Where] = {where.name: where for where in chosen if where.suits(needs_shards)}

    def try_out(self) -> None:
        """Runs a plan. Raises BadInput for a variant that fails at once: better one line than as many as there are tests."""
        part = self.parts(1)[0]
        execute(part.scenario.plan(1, variants.reference_of(part.spec)), variants.load(part.spec))

    def protocol_on(self, where: Where) -> str:
        """What the protocol is loaded by on this deployment."""
        return self.spec or where.protocol

    def parts(self, seeds: int) -> list[Part]:
        """The plans that every property is asked about: so many of each scenario."""
        named = [(scenario, self.spec) for scenario in self.scenarios] or [
            (read(BUNDLED / f"{name}.toml"), self.spec or spec) for name, spec in USUAL
        ]
        needs_shards = self.protocol.sequencer.needs_shards
        return [
            Part(scenario, spec, range(first, min(first + PART, seeds + 1)))
            for scenario, spec in named
            if of_scenario(scenario).suits(needs_shards)
            for first in range(1, seeds + 1, PART)
        ]


def explore(part: Part, plans: Path) -> Explored:
    """Runs a part. The plan of each property's first violation is written down."""
    explored = Explored()
    protocol, reference = variants.load(part.spec), variants.reference_of(part.spec)
    for seed in part.seeds:
        plan = part.scenario.plan(seed, reference)
        try:
            outcome = execute(plan, protocol)
        except (BadInput, InternalError) as error:
            explored.error = str(error)
            break
        found = Explored(runs=1)
        path = plans / plan_file(protocol.name, plan.scenario, seed)
        for verdict in outcome.verdicts:
            found.statuses[verdict.property] = {verdict.status: 1}
            if verdict.reason == NOT_SHOWN:
                found.unknown[verdict.property] = f"{plan.scenario}, seed {seed}: {verdict.why}"
            if verdict.violation is not None and verdict.property not in explored.found:
                violation = verdict.violation
                absence = is_owed(violation)
                told = story(outcome.history, evidence=violation.evidence, only_around=True, absence=absence)
                found.found[verdict.property] = Finding(
                    verdict.property, verdict.violation.message, str(path), list(told), part.spec
                )
        if found.found:
            expect = Expectation(violates=outcome.violated(), digest=outcome.digest())
            write(path, encode(msgspec.structs.replace(plan, expect=expect)))
        explored.add(found)
    return explored


def explore_together(parts: Sequence[Part], plans: Path, folder: Path) -> Explored:
    """What all parts showed, in their order. Processes that call this with the same folder share the work."""
    for number, part in enumerate(parts):
        if claim(folder / f"{number}.taken"):
            write(folder / f"{number}.json", msgspec.json.encode(explore(part, plans)))
    explored = Explored()
    for number, part in enumerate(parts):
        while not (folder / f"{number}.json").exists():
            if _abandoned(folder / f"{number}.taken"):  # its process died: the same answer, if twice
                write(folder / f"{number}.json", msgspec.json.encode(explore(part, plans)))
            time.sleep(0.02)
        explored.add(msgspec.json.decode((folder / f"{number}.json").read_bytes(), type=Explored))
    return explored


def claim(path: Path) -> bool:
    """Whether this process is the first to take what the file stands for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x") as file:
            file.write(f"{os.getpid()}")
    except FileExistsError:
        return False
    return True


def _abandoned(path: Path) -> bool:
    """Whether the process that took it is gone."""
    said = path.read_text()
    try:
        os.kill(int(said), 0)
    except ProcessLookupError:
        return True
    except ValueError:
        return False  # it is about to write who it is
    return False


def outcome_of(explored: Explored, name: str) -> tuple[str, list[str]]:
    """A property's verdict over all plans, and what is to be printed of its violation."""
    counts = explored.statuses.get(name, {})
    finding = explored.found.get(name)
    if finding is not None:
        return VIOLATED, list(_told(finding, counts[VIOLATED], explored.runs))
    status = of_many(counts)
    return status, [explored.unknown[name]] if name in explored.unknown else []


def elsewhere(name: str, ran: Sequence[str], needs_shards: bool = False) -> str:
    """Where a property that nothing put to the test would be: the campaigns of the mutants that it catches, but for `ran`.

    Only those that the protocol can be run on.
    """
    others = sorted({mutant.scenario for mutant in mutants() if mutant.caught_by == name} - {*ran})
    others = [other for other in others if of_scenario(read(find(other))).suits(needs_shards)]
    return f"; try {' '.join(f'--scenario {scenario}' for scenario in others)}" if others else ""


def _told(finding: Finding, times: int, runs: int) -> Iterator[str]:
    yield f"{finding.property}: {finding.message}"
    yield f"in {times} of {runs} plans; how it came to this in the first:"
    yield ""
    yield from (f"  {line}" for line in finding.story)
    yield ""
    yield f"plan    {finding.plan}"
    yield f"replay  {again('replay', finding.plan, finding.spec)}"
    yield f"shrink  {again('shrink', finding.plan, finding.spec)}"
