"""Scenario files: TOML that describes a deployment, what happens in it, and what is expected.

A scenario is either a story (its own workload, faults and checkpoints) or a campaign (random plans, one a seed); a
`[campaign]` table makes it the latter. All times are integer µs.

Requirements: W1, W2, W3.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from faults import raw as raw_files
from faults.error_paths import located
from faults.generate import Campaign, generate
from faults.kinds import Fault
from faults.plan import VERSION, Action, Plan, PlanError, ProtocolRef, check
from model.events import VOCABULARY
from model.protocol import REFERENCE, Protocol
from model.topology import TopologyError, TopologySpec, expand, validate
from parley import bundled
from parley.errors import BadInput
from reports.metrics.definitions import METRICS, SHARES
from reports.metrics.summary import is_target, unknown_part
from sim.history import Event
from sim.near import near

FORMAT = 1

BUNDLED = bundled.folder("scenarios")
"""Where the scenarios are that come with Parley."""

STORIES = BUNDLED / "stories"
"""Where its small stories are: each makes a few mechanisms happen."""


class _Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Checkpoint(_Spec, frozen=True, kw_only=True):
    """An event that must happen, after those of the checkpoints before it. `where` gives fields it must have.

    `by`: the latest time, in µs, at which it may happen; 0: any time.
    """

    says: str
    event: str
    where: dict[str, str | int | bool] = {}
    by: int = 0

    def matches(self, event: Event) -> bool:
        if type(event).__name__ != self.event or (self.by and event.t > self.by):
            return False
        return all(getattr(event, k) == v for k, v in self.where.items())


class Level(_Spec, frozen=True, kw_only=True):
    """A service level: at most so much, and where that figure is from."""

    most: int
    source: str = ""


class Scenario(_Spec, frozen=True, kw_only=True):
    """A scenario file. `duration`, `bound` and `tail` are those of its plans (see faults/plan.py)."""

    format: int
    name: str
    title: str
    about: str = ""
    seed: int = 1
    duration: int
    bound: int
    tail: int = 40_000_000
    explore_ties: bool = True
    probe: bool = True
    """Whether runs are probed once they have converged (`parley/probe.py`)."""
    topology: TopologySpec
    settings: dict[str, int | str] = {}
    """Settings of the protocol with another value here: 'component.setting' to value."""
    workload: tuple[Action, ...] = ()
    faults: tuple[Fault, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    campaign: Campaign | None = None
    targets: dict[str, int | Level] = {}
    """Service level objectives: a figure of the report (say send_to_delivered_p99), or a part of one, to its target in µs or in
    tries, or a share (presence_staleness_rate) in millionths."""

    @property
    def asked(self) -> dict[str, int]:
        """The targets by their names."""
        return {name: level.most if isinstance(level, Level) else level for name, level in self.targets.items()}

    @property
    def sources(self) -> dict[str, str]:
        """Where they are from, of those that say so."""
        return {name: level.source for name, level in self.targets.items() if isinstance(level, Level) and level.source}

    def holds(self, seeds: int) -> bool:
        """Whether so many runs are held to the targets: a story's always, a campaign's from as many as it says on.

        Of a few runs a share or a percentile says little: one in which somebody is away is one of three.
        """
        return self.campaign is None or seeds >= self.campaign.seeds

    def plan(self, seed: int, protocol: ProtocolRef = ProtocolRef()) -> Plan:  # noqa: B008 - it is frozen
        """The plan of a seed: generated for a campaign, else the story with the seed's luck."""
        if self.campaign is not None:
            return generate(
                self.campaign,
                self.topology,
                seed,
                scenario=self.name,
                protocol=protocol,
                duration=self.duration,
                bound=self.bound,
                tail=self.tail,
                explore_ties=self.explore_ties,
                probe=self.probe,
                settings=self.settings,
            )
        return Plan(
            parley_plan=VERSION,
            scenario=self.name,
            seed=seed,
            protocol=protocol,
            explore_ties=self.explore_ties,
            duration=self.duration,
            bound=self.bound,
            tail=self.tail,
            probe=self.probe,
            workload=self.workload,
            faults=self.faults,
            topology=self.topology,
            settings=self.settings,
        )


def find(name: str, folders: Sequence[Path] = (BUNDLED, STORIES)) -> Path:
    """A scenario file: a path, or the name of one in these folders, the first that has it. Raises BadInput if none has."""
    path = Path(name)
    if path.is_file() or path.suffix:
        return path
    for folder in folders:
        if (folder / f"{name}.toml").is_file():
            return folder / f"{name}.toml"
    if path.exists():
        return path  # say a pipe; what it can't be read for, `read` says
    known = dict.fromkeys(found.stem for folder in folders for found in sorted(folder.glob("*.toml")))
    raise BadInput(f"{name}: there is no such file, and no bundled scenario or story of this name{near(name, known)}")


def read(path: Path, protocol: Protocol = REFERENCE) -> Scenario:
    """The scenario in a file, which may name what this protocol has. Raises BadInput with file and path."""
    try:
        data = raw_files.read_bytes(path)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}") from None
    except raw_files.Unusable as error:
        raise BadInput(f"{path}: {error}") from None
    return decode(data, str(path), protocol)


def decode(data: bytes, name: str, protocol: Protocol = REFERENCE) -> Scenario:
    """The scenario in TOML bytes; `name` is what errors call the file."""
    try:
        raw: Any = raw_files.of_toml(data)
    except raw_files.Unusable as error:
        text = str(error)
        raise BadInput(f"{name}: {'not TOML: ' + text[3:] if text.startswith('$: ') else text}") from None
    if raw.get("format") != FORMAT:
        raise BadInput(f"{name}: $.format: expected a scenario of format {FORMAT}, got {raw.get('format')!r}")
    try:
        scenario = msgspec.convert(raw, Scenario)
    except msgspec.ValidationError as error:
        raise BadInput(f"{name}: {located(error, raw, Scenario)}") from None
    if wrong := raw_files.as_file_name(scenario.name):
        raise BadInput(f"{name}: $.name: {wrong}")
    if scenario.seed < 0:
        raise BadInput(f"{name}: $.seed: expected at least 0, got {scenario.seed}")
    try:
        validate(scenario.topology, "$.topology")
        if scenario.campaign is not None:
            _check_load(scenario, name)
        check(scenario.plan(scenario.seed, ProtocolRef()), protocol=protocol)
    except (TopologyError, PlanError) as error:
        raise BadInput(f"{name}: {error}") from None
    _check_checkpoints(scenario, name)
    topology = expand(scenario.topology)
    places = {
        "region": dict.fromkeys(device.region for device in topology.devices),
        "cluster": dict.fromkeys(cluster.name for cluster in topology.clusters),
        "access": dict.fromkeys(device.access for device in topology.devices),
    }
    check_targets(scenario.targets, name, places)
    if scenario.campaign is not None:
        for field in ("workload", "faults", "checkpoints"):
            if getattr(scenario, field):
                raise BadInput(f"{name}: $.{field}: a scenario with a campaign makes its own plans")
    return scenario


def check_targets(targets: Iterable[str], name: str, places: Mapping[str, Collection[str]] = {}) -> None:
    """Raises BadInput for a target that can't be judged; `name` is what errors call the file.

    `places`: the regions, gateway clusters and kinds of access that there are, where a topology says it.
    """
    for target in targets:
        if not is_target(target):
            known, shares = ", ".join(METRICS), ", ".join(SHARES)
            raise BadInput(
                f"{name}: $.targets: expected one of {known} with _p50, _p90, _p95, _p99 or _max, and, where parts "
                f"are kept, one as [segment=live,phase=calm], or {shares}, got {target!r}"
            )
        if wrong := unknown_part(target, places):
            raise BadInput(f'{name}: $.targets."{target}": {wrong}')


def _check_load(scenario: Scenario, name: str) -> None:
    """Random plans need time to fill, and somebody who can send."""
    if scenario.duration < 1:
        raise BadInput(f"{name}: $.duration: expected at least 1 µs for a campaign, got {scenario.duration}")
    topology = expand(scenario.topology)
    users = {device.user for device in topology.devices}
    if not any(users & set(conversation.members) for conversation in topology.conversations):
        raise BadInput(f"{name}: $.topology.conversations: expected one with a member who has a device")


def _check_checkpoints(scenario: Scenario, name: str) -> None:
    for i, checkpoint in enumerate(scenario.checkpoints):
        kind = VOCABULARY.get(checkpoint.event)
        if kind is None:
            known = near(checkpoint.event, VOCABULARY)
            raise BadInput(f"{name}: $.checkpoints[{i}].event: there is no event {checkpoint.event!r}{known}")
        types = get_type_hints(kind)
        for field, value in checkpoint.where.items():
            if field not in kind.__struct_fields__:
                fields = ", ".join(kind.__struct_fields__)
                raise BadInput(
                    f"{name}: $.checkpoints[{i}].where: {checkpoint.event} has no field {field!r}; it has {fields}"
                )
            if types[field] in (int, str, bool) and type(value) is not types[field]:
                raise BadInput(
                    f"{name}: $.checkpoints[{i}].where.{field}: expected `{types[field].__name__}`, "
                    f"got `{type(value).__name__}`"
                )
