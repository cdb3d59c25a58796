"""Small deployments and histories for tests."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from faults.injector import Injector
from faults.kinds import Fault
from faults.plan import VERSION, Plan, ProtocolRef, Send
from model.deployment import Deployment
from model.events import ConversationOpened, DeviceRegistered
from model.protocol import REFERENCE, Protocol
from model.topology import ClusterSpec, ConversationSpec, CoreSpec, DeviceSpec, TopologySpec
from parley import scenario as scenarios
from parley import variants
from parley.checking.mutants import mutants
from parley.runner import execute
from parley.scenario import Scenario
from sim.history import Event

ROOT = Path(__file__).parent.parent
VARIANTS = ROOT / "properties" / "mutants"
MUTANTS = {mutant.name: mutant for mutant in mutants()}
SECOND = 1_000_000

PAIR = TopologySpec(
    regions=("eu",),
    core=CoreSpec(region="eu", stores=1, queues=1),
    clusters=(ClusterSpec(name="edge", region="eu", gateways=("gateway-1", "gateway-2")),),
    users=("alice", "bob"),
    devices=(
        DeviceSpec(name="alice-phone", user="alice", region="eu", access="mobile"),
        DeviceSpec(name="bob-phone", user="bob", region="eu", access="mobile"),
        DeviceSpec(name="bob-laptop", user="bob", region="eu"),
    ),
    conversations=(ConversationSpec(name="talk", members=("alice", "bob")),),
)
"""Two people, three devices, one of everything that matters."""


def scenario(name: str) -> Scenario:
    """A bundled scenario."""
    return scenarios.read(ROOT / "scenarios" / f"{name}.toml")


@contextlib.contextmanager
def begun(*command: str) -> Iterator[subprocess.Popen[str]]:
    """`parley` as a group of processes, none of which outlives the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "parley", *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_listen,
    ) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _listen() -> None:
    """A child of a job in the background inherits that SIGINT is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def first_caught(name: str, spec: str, property: str, seeds: int = 200) -> int:
    """The first seed of a bundled campaign under which a variant violates the property; 0 if none of them does."""
    loaded, protocol, reference = scenario(name), variants.load(spec), variants.reference_of(spec)
    for seed in range(1, seeds + 1):
        outcome = execute(loaded.plan(seed, reference), protocol)
        if property in outcome.violated():
            return seed
    return 0


def plan(
    *faults: Fault,
    sends: tuple[tuple[int, str], ...] = ((5 * SECOND, "alice-phone"),),
    duration: int = 60 * SECOND,
    topology: TopologySpec = PAIR,
    seed: int = 1,
) -> Plan:
    """A plan over PAIR: sends as (time, device) to the conversation 'talk', and faults."""
    return Plan(
        parley_plan=VERSION,
        scenario="test",
        seed=seed,
        protocol=ProtocolRef(),
        explore_ties=True,
        duration=duration,
        bound=300 * SECOND,
        tail=40 * SECOND,
        workload=tuple(Send(at=at, device=device, conversation="talk") for at, device in sends),
        faults=faults,
        topology=topology,
    )


def deploy(*faults: Fault, protocol: Protocol = REFERENCE, topology: TopologySpec = PAIR, seed: int = 1) -> Deployment:
    """A deployment that was started, with these faults scheduled, run for a second so that everybody is connected."""
    deployment = Deployment(topology, seed, protocol)
    injector = Injector(deployment)
    for fault in faults:
        injector.schedule_fault(fault)
    deployment.env.run_until(SECOND)
    return deployment


def of(history: list[Event], kind: type[Any], /, **where: Any) -> list[Any]:
    """The events of a kind that have these fields."""
    return [e for e in history if isinstance(e, kind) and all(getattr(e, k) == v for k, v in where.items())]


class Tale:
    """A hand-made history: a clock that ticks a millisecond an event, two people, three devices, one conversation 'c'."""

    def __init__(self, head: int = 0) -> None:
        self.events: list[Event] = []
        self.tick = 1_000
        self.unread = 0
        self.now = 0
        for device, user in (("a1", "ann"), ("b1", "bob"), ("b2", "bob"), ("z1", "zoe")):
            self.add(DeviceRegistered, device, user, "eu", "wifi")
        self.add(ConversationOpened, "c", "direct", ("ann", "bob"), head)

    def add(self, kind: type[Event], *fields: Any, cause: int = -1, node: str = "", t: int | None = None) -> int:
        """Appends an event; returns its index."""
        self.now = self.now + self.tick if t is None else t
        self.events.append(kind(self.now, node or str(fields[0] if fields else "run"), cause, *fields))
        return len(self.events) - 1


def parley(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Runs the command as its entry point does; returns the exit code."""
    from parley.cli import main  # with what makes help pages, which most tests don't need

    monkeypatch.setattr("sys.argv", ["parley", *arguments])
    with pytest.raises(SystemExit) as exit:
        main()
    return int(exit.value.code or 0)
