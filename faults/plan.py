"""A plan is data: what is sent and what goes wrong, when, in which deployment, under which seed and protocol.

Seeds, Hypothesis, sweeps and people all make plans; one runner runs them, one shrinker shrinks them, and the same file
replays them. The form is JSON, `parley_plan` is its version.

Requirements: V5, V7, F1, F3.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from faults import raw
from faults.codec import written
from faults.error_paths import located
from faults.fields import There
from faults.kinds import Fault
from model.protocol import REFERENCE, Protocol, VariantError, configured
from model.topology import TopologyError, TopologySpec, expand, size_of, validate
from sim.limits import LIFT, beyond
from sim.near import near

VERSION = 2
"""The version that new plans have."""

OLDER = 1
"""The version without `probe`, `theme` and `scaled`. Such a plan is read and run as ever."""

MOST_SENDS = 1_000
"""How many messages the faults of a plan may make one user send: what the rate limit lets through in 200 s."""


MOST_NODE_SECONDS = 100_000_000
"""Simulated time of a plan, for all nodes together, at the most that it may take. W4 with 5,000 members has 5 million, and took
14 s of processor time; with 20,000 it has 19 million, and took 103 s: so many take nine minutes or more."""


class PlanError(ValueError):
    """A plan that can't be run. The text names the path of the value that is wrong and what was expected.

    `name` is what the plan calls a thing that there is not, and `known` what there is: the text suggests what is near. It is
    looked for only when somebody reads it, as shrinking tries many plans that can't be run.
    """

    def __init__(self, text: str, name: str = "", known: Iterable[str] = ()) -> None:
        super().__init__(text)
        self._name, self._known = name, known

    def __str__(self) -> str:
        return f"{super().__str__()}{near(self._name, self._known) if self._name else ''}"


class _Act(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """What the user of `device` does at `at` µs."""

    at: int
    device: str


class Send(_Act, frozen=True, kw_only=True, omit_defaults=True, tag="send"):
    """At `at` µs a person sends a message from `device` to `conversation`."""

    conversation: str
    body: str = ""
    attachment: int = 0
    """How many bytes the message carries beside its text; 0: no attachment."""
    type: str = ""
    """The payload's type: '' is text; an app may not know another one, say poll."""
    simpler: bool = False
    """Whether a simpler form goes with it, as text, for apps that don't know the type."""


class Read(_Act, frozen=True, kw_only=True, tag="read"):
    """At `at` µs the user of `device` reads everything that it shows of `conversation`."""

    conversation: str


class Scroll(_Act, frozen=True, kw_only=True, tag="scroll"):
    """At `at` µs the user of `device` scrolls up in `conversation`, by a page."""

    conversation: str


class Create(_Act, frozen=True, kw_only=True, tag="create"):
    """At `at` µs the user of `device` creates `conversation`, which begins later by the topology, with its members."""

    conversation: str
    title: str = ""


class OpenList(_Act, frozen=True, kw_only=True, tag="list"):
    """At `at` µs the user of `device` opens the list of conversations."""


class Type(_Act, frozen=True, kw_only=True, tag="type"):
    """At `at` µs the user of `device` types in `conversation`."""

    conversation: str


class Join(_Act, frozen=True, kw_only=True, tag="join"):
    """At `at` µs the user of `device` adds `user` to `conversation`."""

    conversation: str
    user: str


class Leave(_Act, frozen=True, kw_only=True, tag="leave"):
    """At `at` µs the user of `device` removes `user`, perhaps himself or herself, from `conversation`."""

    conversation: str
    user: str


class Update(_Act, frozen=True, kw_only=True, tag="update"):
    """At `at` µs the app of `device` becomes one of `app_version`, which knows the payload types in `capabilities`."""

    app_version: str
    capabilities: tuple[str, ...] = ("*",)


class Block(_Act, frozen=True, kw_only=True, tag="block"):
    """At `at` µs the user of `device` blocks `user`; with `lift`, takes that back."""

    user: str
    lift: bool = False


Action = Send | Read | Create | Scroll | OpenList | Type | Join | Leave | Update | Block


class ProtocolRef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which protocol the plan is for: its name, and the variant file that it comes from ('' for the reference)."""

    name: str = "reference"
    file: str = ""


class Expectation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the run showed when the plan was written: the violated properties and the history's digest."""

    violates: tuple[str, ...]
    digest: str


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that determines a run.

    `duration`: µs until load stops and every fault is healed; `bound`: µs within which the system must converge after
    that; `tail`: µs that a converged system is watched further, so that what comes late is seen.
    """

    parley_plan: int
    scenario: str
    seed: int
    protocol: ProtocolRef
    explore_ties: bool
    duration: int
    bound: int
    tail: int
    probe: bool = False
    """Whether a converged run is probed: some apps are closed, and somebody writes to each conversation. Since version 2."""
    theme: str = ""
    """The theme of the campaign that the plan was drawn for; '': none. Since version 2."""
    workload: tuple[Action, ...]
    faults: tuple[Fault, ...]
    topology: TopologySpec
    settings: dict[str, int | str] = {}
    """Settings of the protocol that the scenario gives other values: 'component.setting' to value."""
    scaled: dict[str, int | str] = {}
    """Settings with another value where the protocol has the reference's: none that a variant sets. Since version 2."""
    expect: Expectation | None = None


SINCE_2 = ("probe", "theme", "scaled")
"""Fields of plans that a plan of version 1 does not have."""


def check(plan: Plan, path: str = "$", protocol: Protocol | None = REFERENCE) -> None:
    """Raises PlanError if the plan names what its topology or the protocol doesn't have, or times that make no sense.

    `protocol` has the settings, crash points and payload types that may be named; None: it is not known yet, and any may.
    """
    topology = plan.topology
    try:
        validate(topology, f"{path}.topology")
    except TopologyError as error:
        raise PlanError(str(error)) from None
    try:
        if protocol is not None:
            configured(protocol, plan.settings)
    except VariantError as error:
        raise PlanError(f"{path}.settings.{error}") from None
    try:
        configured(REFERENCE, plan.scaled)
    except VariantError as error:
        raise PlanError(f"{path}.scaled.{error}") from None
    for field in ("duration", "bound", "tail"):
        if getattr(plan, field) < 0:
            raise PlanError(f"{path}.{field}: expected at least 0 µs, got {getattr(plan, field)}")
    if no_name := raw.as_file_name(plan.scenario):
        raise PlanError(f"{path}.scenario: {no_name}")
    seconds, nodes = (plan.duration + 3 * plan.bound + plan.tail) / 1e6, size_of(topology)
    if beyond(seconds * nodes, MOST_NODE_SECONDS):
        raise PlanError(
            f"{path}.duration: expected at most {MOST_NODE_SECONDS / nodes:,.0f} s for {nodes:,} nodes, with three times the "
            f"bound and the tail, got {seconds:,.0f} s; {LIFT} runs it"
        )
    if plan.seed < 0:
        raise PlanError(f"{path}.seed: expected at least 0, got {plan.seed}")
    topology = expand(topology)
    devices = {device.name: device.user for device in topology.devices}
    conversations = {conversation.name: conversation.members for conversation in topology.conversations}
    later = {conversation.name for conversation in topology.conversations if conversation.later}
    for i, action in enumerate(plan.workload):
        at = f"{path}.workload[{i}]"
        if action.device not in devices:
            raise PlanError(f"{at}.device: this topology has no device {action.device!r}", action.device, devices)
        if not isinstance(action, Update | Block | OpenList) and action.conversation not in conversations:
            raise PlanError(
                f"{at}.conversation: this topology has no conversation {action.conversation!r}",
                action.conversation,
                conversations,
            )
        if isinstance(action, Join | Leave | Block) and action.user not in topology.users:
            raise PlanError(f"{at}.user: this topology has no user {action.user!r}", action.user, topology.users)
        if isinstance(action, Create):
            if action.conversation not in later:
                raise PlanError(f"{at}.conversation: expected one that begins later, got {action.conversation!r}")
            if devices[action.device] not in conversations[action.conversation]:
                raise PlanError(
                    f"{at}.device: expected one of a member of {action.conversation!r}, got {action.device!r}"
                )
        if isinstance(action, Send) and action.attachment < 0:
            raise PlanError(f"{at}.attachment: expected at least 0 bytes, got {action.attachment}")
        if not 0 <= action.at <= plan.duration:
            raise PlanError(
                f"{at}.at: expected a time within the plan's duration of {plan.duration} µs, got {action.at}"
            )
    there = There(topology, protocol)
    sent: dict[str, int] = {}
    for i, fault in enumerate(plan.faults):
        for wrong in fault.wrong(there):
            raise PlanError(f"{path}.faults[{i}].{wrong.field}: {wrong.text}", wrong.name, wrong.known)
        if not 0 <= fault.at <= plan.duration:
            raise PlanError(
                f"{path}.faults[{i}].at: expected a time within the plan's duration of {plan.duration} µs, got {fault.at}"
            )
        for user, count in fault.sends(devices, conversations).items():
            sent[user] = sent.get(user, 0) + count
            if sent[user] > MOST_SENDS:
                raise PlanError(
                    f"{path}.faults[{i}].count: expected at most {MOST_SENDS:,} sends of one user by a plan's faults, "
                    f"got {sent[user]:,} of {user}"
                )


def encode(plan: Plan) -> bytes:
    """The plan as JSON, the same bytes for the same plan: a line for each action, each fault, each device and so on."""
    fields = written(plan)
    if plan.parley_plan < VERSION:
        fields = {name: value for name, value in fields.items() if name not in SINCE_2}
    return f"{_laid_out(fields)}\n".encode()


def _laid_out(value: Any, indent: str = "") -> str:
    """JSON with the keys of a plan and of its topology, and what these list, on lines of their own."""
    inner = f"{indent}  "
    listed = isinstance(value, list | tuple) and any(isinstance(item, dict) for item in value)
    if listed:
        lines = [json.dumps(item, ensure_ascii=False) for item in value]
    elif isinstance(value, dict) and len(indent) <= 2 and ("topology" in value or "core" in value):
        lines = [f"{json.dumps(key, ensure_ascii=False)}: {_laid_out(item, inner)}" for key, item in value.items()]
    else:
        return json.dumps(value, ensure_ascii=False)
    start, end = "[]" if listed else "{}"
    return start + ",".join(f"\n{inner}{line}" for line in lines) + f"\n{indent}{end}"


def decode(data: bytes) -> Plan:
    """The plan in a file's bytes, checked. Raises PlanError.

    If it is for a variant, whoever loads that has to `check` once more what the plan names of it.
    """
    try:
        plain = raw.of_json(data)
        head = msgspec.json.decode(data, type=_Version)
        version = head.parley_plan
    except raw.Unusable as error:
        raise PlanError(str(error)) from None
    except msgspec.ValidationError as error:
        raise PlanError(located(error, plain, _Version)) from None
    if version not in (OLDER, VERSION) or not isinstance(version, int):
        raise PlanError(f"$.parley_plan: expected a plan of version {OLDER} or {VERSION}, got {version!r}")
    for name in SINCE_2 if version < VERSION else ():
        if getattr(head, name) is not msgspec.UNSET:
            raise PlanError(f"$.{name}: a plan of version {version} has no such field; one of version {VERSION} has it")
    try:
        plan = msgspec.json.decode(data, type=Plan)
    except msgspec.ValidationError as error:
        raise PlanError(located(error, plain, Plan)) from None
    check(plan, protocol=None if plan.protocol.file else REFERENCE)
    return plan


class _Version(msgspec.Struct):
    parley_plan: int | str | None = None
    probe: object = msgspec.UNSET
    theme: object = msgspec.UNSET
    scaled: object = msgspec.UNSET


def read(path: Path) -> Plan:
    """The plan in a file. Raises PlanError with the file's name."""
    try:
        return decode(raw.read_bytes(path))
    except OSError as error:
        raise PlanError(f"{path}: {error.strerror or error}") from None
    except (PlanError, raw.Unusable) as error:
        raise PlanError(f"{path}: {error}") from None
