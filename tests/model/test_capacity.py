"""Servers have a capacity: what waits, what is refused, and that the model's own lines agree with queueing theory."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import pytest
from support import PAIR, SECOND, deploy, of, plan

from faults.kinds.node.crash import Crash
from model import events as e
from model.deployment import Deployment
from model.protocol import REFERENCE, variant
from model.servers.gateway import Gateway
from model.servers.queue import DeliveryQueue
from model.servers.registry import SessionRegistry
from model.servers.service import MessagingService
from model.servers.worker import DeliveryWorker
from model.store.store import MessageStore
from model.wire.delivery import Register
from model.wire.service import Send
from parley.run import Run
from sim.distributions import Constant, Exponential
from sim.draws import Draws, key
from sim.history import Event
from sim.network import Call
from sim.node import Node, Steps

pytestmark = pytest.mark.requirement("C6", "P15")

MEAN = 10_000
"""µs: the mean service time of the registry below."""


def driven(servers: int, load: float, requests: int, seed: int) -> list[Event]:
    """The history of the model's registry as M/M/c: so many requests by a Poisson process, at a load per server."""

    class Registry(SessionRegistry):
        service_time = Exponential(mean=MEAN)  # type: ignore[assignment]
        concurrency = servers

    deployment = Deployment(PAIR, seed, replace(REFERENCE, registry=Registry))
    registry = deployment.network.nodes["registry"]
    gap = Exponential(mean=round(MEAN / servers / load)).sampler()
    draws, at = Draws(seed), 0
    for number in range(requests):
        at += gap(draws.u64(key("gap"), number))
        payload = Register(f"nobody-{number}", "gateway-1", 1)
        deployment.env.at(at, 0, lambda p: registry.dispatch[Register](p, None), payload)
    deployment.env.run_until(at + 100 * SECOND)
    return [event for event in deployment.history if event.node == "registry"]


def waits_of(history: Sequence[Event], requests: int) -> list[int]:
    """What each request waited, in µs, in the order in which they came; who did not wait is in no event but its own."""
    served = [x for x in history if isinstance(x, e.LineLeft | e.SessionRegistered)]
    waits, last = [], 0
    for event in served:
        if isinstance(event, e.LineLeft):
            last = event.waited
        elif event.device.startswith("nobody"):
            waits.append(last)
            last = 0
    assert len(waits) == requests
    return waits


def erlang_c(servers: int, load: float) -> float:
    """The mean wait in an M/M/c, in µs, at a load per server."""
    offered = servers * load
    last = offered**servers / math.factorial(servers) / (1 - load)
    waiting = last / (sum(offered**k / math.factorial(k) for k in range(servers)) + last)
    return waiting * MEAN / (servers * (1 - load))


STUDENT = 4.781
"""The 99.95 % quantile of Student's t with nine degrees of freedom: a two-sided interval of 99.9 % from ten runs."""


@pytest.mark.requirement("V8")
@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (1, 0.8), (2, 0.8), (4, 0.8), (8, 0.7)])
def test_the_models_lines_wait_as_erlang_c_says(servers: int, load: float) -> None:
    """Within the confidence interval of the mean of ten independent runs, each without its first quarter."""
    requests = 4_000
    runs = [waits_of(driven(servers, load, requests, seed), requests)[requests // 4 :] for seed in range(1, 11)]
    means = [statistics.mean(waits) for waits in runs]
    margin = STUDENT * statistics.stdev(means) / math.sqrt(len(means))
    assert abs(statistics.mean(means) - erlang_c(servers, load)) <= margin
    assert margin < erlang_c(servers, load) / 2, "the interval says something"


def lines(history: Sequence[Event]) -> dict[str, tuple[float, float, float]]:
    """By node: the mean number that waits, the rate at which they come, and their mean wait, from the history alone."""
    inside: dict[str, dict[int, int]] = defaultdict(dict)
    area: dict[str, int] = defaultdict(int)
    since: dict[str, int] = defaultdict(int)
    waits: dict[str, list[int]] = defaultdict(list)
    end = history[-1].t
    for event in history:
        node = event.node
        if isinstance(event, e.LineJoined | e.LineLeft):
            area[node] += len(inside[node]) * (event.t - since[node])
            since[node] = event.t
            if isinstance(event, e.LineJoined):
                assert event.waiting == len(inside[node]), "the number that it says is the number there is"
                inside[node][event.ticket] = event.t
            else:
                assert event.waited == event.t - inside[node].pop(event.ticket)
                waits[node].append(event.waited)
    assert not any(inside.values())
    return {n: (area[n] / end, len(waits[n]) / end, sum(waits[n]) / len(waits[n])) for n in waits}


SLOW = variant(
    "slow",
    gateway=type("SlowGateway", (Gateway,), {"frame_time": 5_000, "concurrency": 1}),
    service=type("SlowService", (MessagingService,), {"send_cost": 20_000, "request_cost": 5_000, "concurrency": 1}),
    store=type("SlowStore", (MessageStore,), {"concurrency": 1}),
    queue=type("SlowQueue", (DeliveryQueue,), {"service_time": 20_000, "concurrency": 1}),
)


@pytest.mark.requirement("V8")
def test_littles_law_holds_on_every_line_from_the_history() -> None:
    sends = tuple((5 * SECOND + i * 40_000, device) for i in range(60) for device in ("alice-phone", "bob-laptop"))
    outcome = Run(plan(sends=sends), SLOW).execute()
    assert outcome.violations == []
    found = lines(outcome.history)
    kinds = {name.partition("-")[0] for name in found}
    assert {"gateway", "messaging", "store", "queue"} <= kinds
    for length, rate, wait in found.values():
        assert length == pytest.approx(rate * wait, rel=1e-9)


def test_nothing_waits_and_no_event_says_so_where_there_is_room() -> None:
    outcome = Run(plan(sends=((5 * SECOND, "alice-phone"),))).execute()
    assert of(outcome.history, e.LineJoined) == []
    assert of(outcome.history, e.TurnedAway) == []


@pytest.mark.parametrize("component", ["gateway", "service", "store"])
def test_what_would_wait_too_long_is_refused_and_told_to_come_again_and_arrives(component: str) -> None:
    slow = {
        "gateway": type("Slow", (Gateway,), {"frame_time": 400_000, "concurrency": 1}),
        "service": type("Slow", (MessagingService,), {"send_cost": 400_000, "concurrency": 1}),
        "store": type("Slow", (MessageStore,), {"service_time": Constant(350_000), "concurrency": 1}),
    }
    sends = tuple((5 * SECOND, device) for device in ("alice-phone", "bob-phone", "bob-laptop"))
    outcome = Run(plan(sends=sends), variant("slow", **{component: slow[component]})).execute()
    away = of(outcome.history, e.TurnedAway)
    assert away
    assert {x.kind for x in away} == {{"gateway": "SendMessage", "service": "Send", "store": "Append"}[component]}
    assert all(x.ahead > 300_000 for x in away)
    busy = of(outcome.history, e.SendHeldBack, why="busy")
    assert all(x.retry_after >= SECOND for x in busy)
    assert len(of(outcome.history, e.SendDeferred)) >= len(away)
    assert len(of(outcome.history, e.Persisted)) == 3
    assert outcome.violations == []


def test_what_waited_is_lost_with_its_node_and_comes_again() -> None:
    class Slow(MessagingService):
        send_cost = 200_000
        longest_wait = 10 * SECOND
        concurrency = 1

    crash = [Crash(node=f"messaging-{i}", at=5 * SECOND + 150_000, down=SECOND) for i in (1, 2)]
    sends = tuple((5 * SECOND, device) for device in ("alice-phone", "bob-phone", "bob-laptop"))
    outcome = Run(plan(*crash, sends=sends), variant("slow", service=Slow)).execute()
    assert outcome.violations == []
    assert len(of(outcome.history, e.Persisted)) == 3


def test_a_large_groups_pushes_leave_a_gateway_one_after_the_other() -> None:
    class Narrow(Gateway):
        egress = 1_000

    wide, narrow = (
        Run(plan(sends=((5 * SECOND, "alice-phone"),)), variant("g", gateway=g)).execute() for g in (Gateway, Narrow)
    )
    shown = [[x.t for x in of(o.history, e.Shown) if x.device.startswith("bob")] for o in (wide, narrow)]
    assert max(shown[1]) > max(shown[0]), "what is pushed leaves later"


class NoWorker(DeliveryWorker):
    def _poll(self) -> None:
        if self.now >= 30 * SECOND:
            super()._poll()
        else:
            self.after(SECOND, lambda _: self._poll())


def test_a_queue_that_falls_behind_raises_an_alarm_and_ends_it() -> None:
    outcome = Run(
        plan(sends=((5 * SECOND, "alice-phone"), (6 * SECOND, "alice-phone"))), variant("no", worker=NoWorker)
    ).execute()
    alarms, over = of(outcome.history, e.LagAlarm), of(outcome.history, e.LagCleared)
    assert [(x.lag, x.waiting) for x in alarms] == [(5 * SECOND, 2)]
    assert len(over) == 1
    assert over[0].t > alarms[0].t
    assert of(outcome.history, e.TaskLeased)[-1].t <= over[0].t


def test_a_restarted_queue_looks_at_its_backlog_again() -> None:
    crash = Crash(node="queue-1", at=12 * SECOND, down=SECOND)
    outcome = Run(plan(crash, sends=((5 * SECOND, "alice-phone"),)), variant("no", worker=NoWorker)).execute()
    assert [x.t // SECOND for x in of(outcome.history, e.LagAlarm)] == [10, 18]
    assert len(of(outcome.history, e.LagCleared)) == 1
    assert outcome.violations == []


def test_a_node_that_is_slow_serves_less() -> None:
    deployment = deploy()
    node: Node = deployment.network.nodes["registry"]
    node.slowness = 1_000
    for number in range(3):
        node.dispatch[Register](Register(f"nobody-{number}", "gateway-1", 1), None)
    assert len(of(deployment.history, e.LineJoined, node="registry")) == 2


def test_a_variant_that_works_in_its_handler_takes_that_long_and_no_servers_turn() -> None:
    """As variants were written before servers had lines: `yield from self.work(...)`."""

    class Busy(MessagingService):
        def accept(self, send: Send, call: Call) -> Steps:
            yield from self.work(300_000)
            yield from super().accept(send, call)

    times = []
    for protocol in (REFERENCE, variant("busy", service=Busy)):
        outcome = Run(plan(), protocol).execute()
        assert outcome.violations == []
        times.append(of(outcome.history, e.Persisted)[0].t)
    assert times[1] - times[0] == 300_000
