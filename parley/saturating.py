"""Drives the model's lines, and whole deployments, through saturation, and says what they did.

Lines: the model's registry with exponential service times and Poisson arrivals is an M/M/c, whose waits are known in closed
form. Deployments: pairs of people write to each other at random times, at a multiple of what one part, the bottleneck, can
serve; the part has one to eight units, and all others have room.

Requirements: V8, R1, C2, C5, C6, C7.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from model.deployment import Deployment
from model.events import (
    LagAlarm,
    LineLeft,
    Persisted,
    SendRequested,
    SessionRegistered,
    Shown,
    TaskClosed,
    TaskLeased,
    TurnedAway,
)
from model.protocol import REFERENCE
from model.servers.gateway import Gateway
from model.servers.queue import DeliveryQueue
from model.servers.registry import SessionRegistry
from model.servers.service import MessagingService
from model.servers.worker import DeliveryWorker
from model.store.store import MessageStore
from model.topology import ClusterSpec, ConversationSpec, CoreSpec, DeviceSpec, TopologySpec
from model.wire.delivery import Register
from reports.metrics.queueing import mean_wait
from sim.distributions import Exponential
from sim.draws import Draws, key

SECOND = 1_000_000
_GAP = key("gap between arrivals")
_WHO = key("who sends")

# --- lines -----------------------------------------------------------------------------------------------------------

SERVICE = 10_000
"""µs: the mean service time of a line that is driven alone."""
RUNS = 10
STUDENT = 4.781
"""The 99.95 % quantile of Student's t with RUNS - 1 degrees of freedom: two-sided, 99.9 % of intervals hold the mean."""
ONE_DEVICE = TopologySpec(
    regions=("eu",),
    core=CoreSpec(region="eu"),
    clusters=(ClusterSpec(name="edge", region="eu", gateways=("gateway-1",)),),
    users=("ann",),
    devices=(DeviceSpec(name="ann-phone", user="ann", region="eu", asleep=True),),
    conversations=(ConversationSpec(name="notes", members=("ann",)),),
)


class LineMeasured(msgspec.Struct, frozen=True):
    """A line under load: its mean wait over some runs, how sure that is, and what theory says; all in µs."""

    servers: int
    load: float
    wait: float
    margin: float
    theory: float

    @property
    def agrees(self) -> bool:
        """Whether theory is within the interval of confidence."""
        return abs(self.wait - self.theory) <= self.margin


def waits(servers: int, load: float, requests: int, seed: int) -> list[int]:
    """What each of so many requests waited, in µs, in the order in which they came to the model's registry as an M/M/c."""
    registry = type("Registry", (SessionRegistry,), {"service_time": Exponential(mean=SERVICE), "concurrency": servers})
    deployment = Deployment(ONE_DEVICE, seed, replace(REFERENCE, registry=registry))
    node = deployment.network.nodes["registry"]
    gap = Exponential(mean=round(SERVICE / servers / load)).sampler()
    at = 0
    for number in range(requests):
        at += gap(deployment.network.draws.u64(_GAP, number))
        payload = Register(f"nobody-{number}", "gateway-1", 1)
        deployment.env.at(at, 0, lambda request: node.dispatch[Register](request, None), payload)
    deployment.env.run_until(at + 100 * SECOND)
    found, waited = [], 0
    for event in deployment.history:
        if isinstance(event, LineLeft) and event.node == "registry":
            waited = event.waited
        elif isinstance(event, SessionRegistered) and event.device.startswith("nobody-"):
            found.append(waited)
            waited = 0
    return found


def measure_line(servers: int, load: float, requests: int) -> LineMeasured:
    """A line under load, by independent runs, each without its first quarter."""
    means = [statistics.mean(waits(servers, load, requests, seed)[requests // 4 :]) for seed in range(1, RUNS + 1)]
    margin = STUDENT * statistics.stdev(means) / math.sqrt(RUNS)
    return LineMeasured(servers, load, statistics.mean(means), margin, mean_wait(servers, load, SERVICE))


# --- deployments -----------------------------------------------------------------------------------------------------

PAIRS = 40
WARM_UP = 5 * SECOND
WINDOW = 20 * SECOND
LOADS = (0.3, 0.6, 0.8, 0.9, 1.0, 1.2, 1.5)
UNITS = (1, 2, 4, 8)


class Point(msgspec.Struct, frozen=True):
    """One run: `part` has `units`, and `rate` messages a second are sent, `load` times what it can serve.

    `served`: messages a second that the other person's screen has, of those sent in the window. `p50` and `p95`: from sending
    to that screen, in µs. `lag`: the mean time that a task waits for a worker, in µs. `refused`: sends that were told to come
    again. `alarms`: of queues that lag.
    """

    part: str
    units: int
    load: float
    rate: float
    served: float
    p50: int
    p95: int
    lag: int
    refused: int
    alarms: int


class Part(msgspec.Struct, frozen=True):
    """A part that is driven to saturation: `demand` is what a message takes of one of its servers, in µs.

    `servers`: so many has a unit. `variation`: the squared coefficient of variation of what a message takes.
    """

    name: str
    demand: float
    servers: int
    variation: float
    points: tuple[Point, ...]

    def capacity(self, units: int) -> float:
        """Messages a second that so many units can serve, says theory: all servers are busy."""
        return units * self.servers / self.demand * SECOND


class Saturation(msgspec.Struct, frozen=True):
    """All that was measured."""

    lines: tuple[LineMeasured, ...]
    parts: tuple[Part, ...]


def _topology(*, workers: int = 1, gateways: int = 8, stores: int = 8) -> TopologySpec:
    people = [f"{side}-{number}" for number in range(PAIRS) for side in ("left", "right")]
    return TopologySpec(
        regions=("eu",),
        core=CoreSpec(region="eu", services=8, stores=stores, queues=1, workers=workers),
        clusters=(ClusterSpec(name="edge", region="eu", gateways=tuple(f"gateway-{i + 1}" for i in range(gateways))),),
        users=tuple(people),
        devices=tuple(DeviceSpec(name=f"{user}-phone", user=user, region="eu") for user in people),
        conversations=tuple(
            ConversationSpec(name=f"pair-{number}", members=(f"left-{number}", f"right-{number}"))
            for number in range(PAIRS)
        ),
    )


def _slow(base: type, **settings: object) -> type:
    return type(f"Slow{base.__name__}", (base,), settings)


_FREE = {"user_rate": 1_000_000, "user_burst": 1_000_000}
ROOM: dict[str, type] = {
    "gateway": _slow(Gateway, **_FREE),
    "service": _slow(MessagingService, conversation_rate=1_000_000, conversation_burst=1_000_000),
    "worker": _slow(DeliveryWorker, slots=400),
    "queue": _slow(DeliveryQueue, concurrency=1_000),
}
"""Everything that is no bottleneck: no limits, and many servers."""

PARTS: dict[str, tuple[dict[str, type], Callable[[int], TopologySpec], int]] = {
    "workers": ({"worker": _slow(DeliveryWorker, slots=2)}, lambda n: _topology(workers=n), 2),
    "gateways": (
        {"gateway": _slow(Gateway, frame_time=13_000, concurrency=1, **_FREE)},
        lambda n: _topology(gateways=n),
        1,
    ),
    "store partitions": (
        {"store": _slow(MessageStore, service_time=Exponential(mean=8_000), concurrency=1)},
        lambda n: _topology(stores=n),
        1,
    ),
}
"""By part: what makes it the bottleneck, a deployment with so many units of it, and how many servers a unit has."""


def _run(part: str, units: int, rate: float, seed: int = 1) -> Deployment:
    """A deployment in which so many messages a second are sent, by whoever, to the other one of the pair."""
    slow, topology, _ = PARTS[part]
    components: dict[str, Any] = {**ROOM, **slow}
    protocol = replace(REFERENCE, **components)
    deployment = Deployment(topology(units), seed, protocol)
    deployment.env.run_until(WARM_UP)
    draws, gap = Draws(seed), Exponential(mean=round(SECOND / rate)).sampler()
    devices = list(deployment.devices.values())
    at, number = WARM_UP, 0
    while at < WARM_UP + WINDOW:
        number += 1
        at += gap(draws.u64(_GAP, number))
        device = devices[draws.u64(_WHO, number) % len(devices)]
        pair = "pair-" + device.user.rpartition("-")[2]
        deployment.env.at(at - WARM_UP, 0, lambda to: to[0].send(to[1], ""), (device, pair))
    deployment.env.run_until(WARM_UP + WINDOW)
    return deployment


def _demand(part: str) -> tuple[float, float]:
    """What a message takes of a part's servers, in µs, and how much that varies: at a load that makes nobody wait."""
    rate = 4.0
    kind = {"gateways": Gateway, "store partitions": MessageStore}.get(part)
    deployment = _run(part, UNITS[-1], rate)
    history = deployment.history
    messages = sum(isinstance(event, Persisted) for event in history)
    if kind is not None:
        busy = sum(node.line.busy for node in deployment.network.of_kind(kind))
        idle = _run(part, UNITS[-1], 1e-3)
        return (busy - sum(node.line.busy for node in idle.network.of_kind(kind))) / messages, 1.0
    began: dict[tuple[str, int], int] = {}
    took: list[int] = []
    for event in history:
        if isinstance(event, TaskLeased):
            began[event.node, event.task] = event.t
        elif isinstance(event, TaskClosed):
            took.append(event.t - began[event.node, event.task])
    mean = statistics.mean(took)
    return mean, statistics.variance(took) / mean**2


def _point(part: str, units: int, load: float, rate: float) -> Point:
    deployment = _run(part, units, rate)
    requested: dict[str, int] = {}
    leased: dict[tuple[str, int], int] = {}
    lags: list[int] = []
    latencies: list[int] = []
    refused = alarms = 0
    queued: dict[tuple[str, int], int] = {}
    for event in deployment.history:
        match event:
            case SendRequested():
                requested[event.send] = event.t
            case Shown() if not event.device.startswith(event.sender):
                latencies.append(event.t - requested[event.message])
            case Persisted():
                queued[event.conversation, event.seq] = event.t
            case TaskLeased() if (event.conversation, event.seq) not in leased:
                leased[event.conversation, event.seq] = event.t
                lags.append(event.t - queued[event.conversation, event.seq])
            case TurnedAway():
                refused += 1
            case LagAlarm():
                alarms += 1
    ranked = sorted(latencies)
    return Point(
        part=part,
        units=units,
        load=load,
        rate=rate,
        served=len(latencies) / (WINDOW / SECOND),
        p50=ranked[len(ranked) // 2],
        p95=ranked[len(ranked) * 95 // 100],
        lag=round(statistics.mean(lags)),
        refused=refused,
        alarms=alarms,
    )


def measure_part(part: str, units: Sequence[int] = UNITS, loads: Sequence[float] = LOADS) -> Part:
    """A part through saturation: so many units of it, at so many times what theory says that they can serve."""
    demand, variation = _demand(part)
    found = Part(part, demand, PARTS[part][2], variation, ())
    points = tuple(_point(part, n, load, load * found.capacity(n)) for n in units for load in loads)
    return msgspec.structs.replace(found, points=points)
