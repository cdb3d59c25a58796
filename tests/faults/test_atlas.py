"""The rest of the atlas: each kind of fault does what it says, strikes whom it says, and ends."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from support import PAIR, SECOND, deploy, of, plan, scenario

from faults import kinds
from faults.generate import Campaign, calm, targets
from faults.kinds import EVERYDAY, KINDS, Fault
from faults.plan import PlanError, ProtocolRef, check
from model import events as e
from model.topology import CoreSpec
from parley.run import Run
from sim import history as h

REPLICATED = msgspec.structs.replace(PAIR, core=CoreSpec(region="eu", stores=1, replicas=3, queues=1, caches=1))
ALL = ("*",)
MANY = tuple((t * SECOND, "alice-phone") for t in range(3, 50, 2))


def run(*faults: Any, sends: Any = MANY, **more: Any) -> list[h.Event]:
    outcome = Run(plan(*faults, sends=sends, **more)).execute()
    assert outcome.violations == []
    return outcome.history


def lost(history: list[h.Event], why: str) -> list[Any]:
    return of(history, h.MessageLost, why=why)


# --- F1: nodes ----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("F1")
def test_a_node_is_held_down_until_five_messages_are_persisted() -> None:
    history = run(kinds.HoldDown(node="gateway-1", at=10 * SECOND, until="Persisted", count=5, most=55 * SECOND))
    (up,) = [x.t for x in of(history, h.Restarted, node="gateway-1")]
    persisted = [x.t for x in of(history, e.Persisted) if 10 * SECOND <= x.t <= up]
    assert len(persisted) == 5
    assert up - persisted[-1] <= 10_000


@pytest.mark.requirement("F1")
def test_a_node_that_waits_in_vain_is_held_down_no_longer_than_said() -> None:
    fault = kinds.HoldDown(node="worker-1", at=10 * SECOND, until="Crashed", count=2, most=7 * SECOND)
    assert [x.t for x in of(run(fault), h.Restarted, node="worker-1")] == [17 * SECOND]


@pytest.mark.requirement("F1")
def test_a_node_held_down_from_a_crash_point_on_died_there() -> None:
    fault = kinds.HoldDownAt(node="messaging-2", point="persisted", until="Persisted", count=2, most=50 * SECOND)
    history = run(fault)
    (died,) = of(history, h.Crashed, node="messaging-2", point="persisted")
    (up,) = of(history, h.Restarted, node="messaging-2")
    assert len([x for x in of(history, e.Persisted) if died.t < x.t <= up.t]) == 2


@pytest.mark.requirement("F1")
def test_a_region_s_servers_die_together_and_its_devices_live_on() -> None:
    history = run(kinds.RegionDown(region="eu", at=10 * SECOND, down=5 * SECOND))
    dead = {x.node for x in of(history, h.Crashed) if x.t == 10 * SECOND}
    assert {"gateway-1", "gateway-2", "messaging-1", "store-1", "queue-1", "registry"} <= dead
    assert not dead & {"alice-phone", "bob-phone"}
    assert {x.node for x in of(history, h.Restarted) if x.t == 15 * SECOND} == dead


@pytest.mark.requirement("F1")
def test_a_rolling_restart_has_one_node_down_at_a_time() -> None:
    history = run(kinds.RollingRestart(nodes_of="kind:worker", at=10 * SECOND, duration=8 * SECOND))
    changes = [(x.t, x.node, type(x).__name__) for x in history if isinstance(x, h.Crashed | h.Restarted)]
    assert [(node, what) for _, node, what in changes] == [
        ("worker-1", "Crashed"),
        ("worker-1", "Restarted"),
        ("worker-2", "Crashed"),
        ("worker-2", "Restarted"),
    ]
    assert [t // SECOND for t, _, _ in changes] == [10, 12, 14, 16]


# --- F2: slow nodes and clocks ------------------------------------------------------------------------------------


@pytest.mark.requirement("F2")
@pytest.mark.parametrize(
    "fault",
    [
        kinds.SlowNode(node="store-1", at=2 * SECOND, duration=58 * SECOND, factor=10, lag=50_000),
        kinds.SlowNodeAt(node="store-1", point="committing", duration=58 * SECOND, factor=10, lag=50_000),
    ],
)
def test_a_slow_node_is_slow_and_nobody_else_is(fault: Fault) -> None:
    history = run(fault)

    def accepted(events: list[h.Event]) -> list[int]:
        asked = {x.send: x.t for x in of(events, e.SendRequested)}
        return sorted(x.t - asked[x.send] for x in of(events, e.SendAccepted))

    slow, usual = accepted(history), accepted(run())
    assert slow[len(slow) // 2] > usual[len(usual) // 2] + 50_000
    assert {x.node for x in of(history, h.MessageDelayed)} == {"store-1"}


@pytest.mark.requirement("F2")
def test_a_slow_node_is_as_fast_as_before_when_it_is_over() -> None:
    deployment = deploy()
    node = deployment.nodes["store-1"]
    assert node.slowness == 1
    done = Run(plan(kinds.SlowNode(node="store-1", at=SECOND, duration=SECOND, factor=7)))
    done.advance(1_500_000)
    assert done.deployment.nodes["store-1"].slowness == 7
    done.advance(3 * SECOND)
    assert done.deployment.nodes["store-1"].slowness == 1


@pytest.mark.requirement("F2", "F8")
@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (kinds.ClockSkew(node="worker-1", at=2 * SECOND, duration=4 * SECOND, by=-9), "worker-1"),
        (kinds.WrongClock(device="bob-phone", at=2 * SECOND, duration=4 * SECOND, by=-9), "bob-phone"),
    ],
)
def test_a_clock_jumps_and_is_set_right(fault: Any, name: str) -> None:
    started = Run(plan(fault))
    node = started.deployment.nodes[name]
    seen = []
    for at in (1, 3, 7):
        started.advance(at * SECOND)
        seen.append((node.now - at * SECOND, node.uptime - at * SECOND))
    assert seen == [(0, 0), (-9, 0), (0, 0)]


@pytest.mark.requirement("F2")
def test_a_clock_jumps_at_a_crash_point() -> None:
    fault = kinds.ClockSkewAt(node="worker-1", point="leased", duration=SECOND, by=5 * SECOND)
    started = Run(plan(fault, sends=MANY))
    node, skews = started.deployment.nodes["worker-1"], set()
    for at in range(0, 60 * 10):
        started.advance(at * 100_000)
        skews.add(node.skew)
    assert skews == {0, 5 * SECOND}
    assert node.skew == 0


@pytest.mark.requirement("F2")
@pytest.mark.parametrize("rate", [-200_000, 100_000])
def test_a_drifting_clock_and_its_timers_agree(rate: int) -> None:
    """A timer for a second of the node's own time fires when that clock has counted it, and not a microsecond before."""
    started = Run(plan(kinds.ClockDrift(node="worker-1", at=2 * SECOND, duration=20 * SECOND, rate=rate)))
    node = started.deployment.nodes["worker-1"]
    started.advance(3 * SECOND)
    assert node.now == 3 * SECOND + rate
    fired: list[tuple[int, int]] = []
    for delay in (1, 7, SECOND):
        began = node.now
        node.after(delay, lambda arg: fired.append((node.now - arg[0], arg[1])), (began, delay))
    started.advance(6 * SECOND)
    assert len(fired) == 3
    assert all(delay <= measured <= delay + 1 for measured, delay in fired)
    started.advance(30 * SECOND)
    assert node.now == 30 * SECOND, "it is set right"
    assert node.uptime == 30 * SECOND + 20 * rate, "and what measures time does not jump"


# --- F3: network --------------------------------------------------------------------------------------------------


@pytest.mark.requirement("F3")
def test_a_partial_partition_cuts_the_same_pairs_both_ways_and_not_all() -> None:
    cut = kinds.PartialPartition(a=("*",), b=("*",), share=0.4, at=SECOND, duration=50 * SECOND)
    started = Run(plan(cut, sends=MANY))
    started.advance(30 * SECOND)
    network = started.deployment.network
    names = list(network.nodes)
    blocked = {(a, b) for a in names for b in names if a != b and network.link(network.nodes[a], b).blocked}
    assert 0.25 < len(blocked) / (len(names) * (len(names) - 1)) < 0.55
    assert blocked == {(b, a) for a, b in blocked}
    started.advance(52 * SECOND)
    assert not any(network.link(network.nodes[a], b).blocked for a, b in blocked)


@pytest.mark.requirement("F3")
def test_a_region_s_delay_spares_what_stays_inside() -> None:
    ci = scenario("ci").plan(3, ProtocolRef())
    fault = kinds.RegionDelay(region="us", at=5 * SECOND, duration=50 * SECOND, delay=300_000)
    outcome = Run(msgspec.structs.replace(ci, faults=(fault,))).execute()
    region = {name: node.region for name, node in Run(ci).deployment.nodes.items()}
    delayed = of(outcome.history, h.MessageDelayed)
    assert outcome.violations == []
    assert len(delayed) > 20
    assert all((region[x.node] == "us") != (region[x.to] == "us") for x in delayed)
    assert {x.delay for x in delayed} == {300_000}


@pytest.mark.requirement("F3", "F4")
@pytest.mark.parametrize(
    "fault",
    [
        kinds.UnansweredAt(kind="Append", a=("kind:service",), b=("kind:store",), nth=2),
        kinds.Unanswered(a=("kind:service",), b=("kind:store",), kinds=("Append",), at=4 * SECOND, duration=4 * SECOND),
    ],
)
def test_a_call_without_an_answer_was_carried_out(fault: Fault) -> None:
    history = run(fault)
    mute = lost(history, "unanswered")
    assert mute
    assert {x.kind for x in mute} == {"Appended"}
    assert of(history, e.OutcomeUnknown)
    assert of(history, e.DuplicateRecognised), "the retry finds that it had happened"
    assert len(of(history, e.Persisted)) == len(MANY)


@pytest.mark.requirement("F3")
def test_clogged_links_hold_back_what_is_sent_and_lose_nothing() -> None:
    fault = kinds.ClogLinks(
        a=("kind:service",), b=("kind:store", "kind:queue"), share=1.0, step=200_000, hold=3 * SECOND, at=4 * SECOND
    )
    history = run(fault)
    late = of(history, h.MessageDelayed)
    assert late
    assert not of(history, h.MessageLost)
    released: dict[tuple[str, str], set[int]] = {}
    clogged: dict[tuple[str, str], int] = {}
    for x in late:
        released.setdefault((x.node, x.to), set()).add(x.t + x.delay)
        clogged.setdefault((x.node, x.to), x.t)
    assert all(len(times) == 1 for times in released.values()), "all that waits on a link comes at once"
    assert len({min(times) for times in released.values()}) == len(released), "and no two links are released together"
    assert all(x.t + x.delay <= 4 * SECOND + fault.lasts() for x in late)


# --- F4: store ----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("F4")
def test_an_unavailable_store_goes_on_among_its_replicas() -> None:
    fault = kinds.StoreUnavailable(partition="store-1", at=10 * SECOND, duration=10 * SECOND)
    history = run(fault, topology=REPLICATED)
    assert not [x for x in of(history, e.Persisted) if 10 * SECOND + 100_000 < x.t < 20 * SECOND]
    assert all(("store" in x.node) != ("store" in x.to) for x in lost(history, "partition"))
    assert not [x for x in of(history, e.LeaderElected) if x.t > 10 * SECOND], "its replicas hear each other"


@pytest.mark.requirement("F4")
def test_a_slow_store_makes_callers_wait_and_time_out() -> None:
    fault = kinds.StoreSlow(partition="store-1", at=4 * SECOND, duration=40 * SECOND, factor=20, lag=1_500_000)
    history = run(fault, topology=REPLICATED)
    assert {x.node for x in of(history, h.MessageDelayed)} == {"store-1.1", "store-1.2", "store-1.3"}
    assert of(history, e.OutcomeUnknown)


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    "fault",
    [
        kinds.AmbiguousCommitAt(partition="store-1", nth=1),
        kinds.AmbiguousCommit(partition="store-1", at=4 * SECOND, duration=3 * SECOND),
    ],
)
def test_an_ambiguous_commit_is_applied_and_its_caller_sees_a_time_out(fault: Fault) -> None:
    history = run(fault)
    answers = lost(history, "ambiguous")
    assert answers
    assert {x.kind for x in answers} <= {"Appended", "Recorded"}
    assert of(history, e.OutcomeUnknown)
    assert len(of(history, e.Persisted)) == len(MANY)


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    "fault",
    [
        kinds.WriteConflict(partition="store-1", at=4 * SECOND, times=3),
        kinds.WriteConflictAt(partition="store-1", point="committed", nth=2, times=3),
    ],
)
def test_a_conditional_write_that_conflicts_is_tried_again(fault: Fault) -> None:
    started = Run(plan(fault, sends=MANY, topology=REPLICATED))
    refused = 0
    seen = started.deployment.network.respond

    def respond(source: Any, call: Any, response: Any, delay: int) -> None:
        nonlocal refused
        refused += getattr(response, "why", "") == "conflict"
        seen(source, call, response, delay)

    started.deployment.network.respond = respond  # type: ignore[method-assign]
    outcome = started.execute()
    assert outcome.violations == []
    assert refused == 3
    assert len(of(outcome.history, e.Persisted)) == len(MANY)


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    "fault",
    [
        kinds.WriteConflict(partition="store-1", at=4 * SECOND, times=1_000_000),
        kinds.WriteConflictAt(partition="store-1", point="committed", nth=2, times=1_000_000),
    ],
)
def test_conflicts_that_are_left_when_all_is_healed_are_no_more(fault: Fault) -> None:
    outcome = Run(plan(fault, sends=MANY)).execute()
    assert outcome.violations == []
    assert len(of(outcome.history, e.Persisted)) == len(MANY)


@pytest.mark.requirement("F4")
def test_followers_that_lag_read_stale() -> None:
    fault = kinds.StaleFollowers(partition="store-1", at=2 * SECOND, duration=50 * SECOND, lag=5 * SECOND)
    kill = [kinds.Reset(device="bob-phone", at=t * SECOND) for t in range(5, 45, 4)]
    stale = of(run(fault, *kill, topology=REPLICATED), e.StaleRead)
    assert stale
    assert len(stale) > len(of(run(*kill, topology=REPLICATED), e.StaleRead))


# --- F5: queue ----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("F5")
def test_an_unavailable_queue_takes_nothing_and_the_relay_makes_up_for_it() -> None:
    history = run(kinds.QueueUnavailable(queue="queue-1", at=4 * SECOND, duration=20 * SECOND))
    assert not [x for x in of(history, e.Enqueued) if 4 * SECOND + 100_000 < x.t < 24 * SECOND]
    assert of(history, e.Enqueued, by="relay")


@pytest.mark.requirement("F5")
def test_a_slow_queue_answers_late() -> None:
    history = run(kinds.QueueSlow(queue="queue-1", at=4 * SECOND, duration=20 * SECOND, lag=900_000))
    assert {(x.node, x.delay) for x in of(history, h.MessageDelayed)} == {("queue-1", 900_000)}


@pytest.mark.requirement("F5")
@pytest.mark.parametrize(
    "fault",
    [
        kinds.ExpireLeasesAt(node="worker-1", point="pushed", queue="queue-1"),
        kinds.ExpireLeasesAt(node="queue-1", point="leased", queue="queue-1", nth=2),
    ],
)
def test_leases_that_end_at_a_point_are_given_to_another_worker(fault: Fault) -> None:
    history = run(fault)
    expired = of(history, e.LeaseExpired)
    assert expired
    assert of(history, e.TaskLeased, attempt=2)
    assert all(x.t - max(y.t for y in of(history, e.TaskLeased) if y.t <= x.t) < SECOND for x in expired)


@pytest.mark.requirement("F5")
def test_all_leases_end_at_once() -> None:
    pause = [kinds.PauseAt(node=f"worker-{i}", point="leased", duration=10 * SECOND) for i in (1, 2)]
    history = run(*pause, kinds.ExpireLeases(queue="queue-1", at=9 * SECOND))
    assert [x.t for x in of(history, e.LeaseExpired)][:1] == [9 * SECOND]
    assert of(history, e.TaskLeased, attempt=2)


@pytest.mark.requirement("F5")
@pytest.mark.parametrize(
    "fault",
    [
        kinds.AmbiguousPublishAt(queue="queue-1", nth=3),
        kinds.AmbiguousPublish(queue="queue-1", at=4 * SECOND, duration=4 * SECOND),
    ],
)
def test_an_ambiguous_publish_puts_the_task_in_and_is_repeated(fault: Fault) -> None:
    history = run(fault)
    assert {x.kind for x in lost(history, "ambiguous")} == {"Published"}
    tasks = [x.seq for x in of(history, e.Enqueued)]
    assert len(tasks) > len(set(tasks))


@pytest.mark.requirement("F5")
def test_a_broker_restarts_with_all_its_partitions() -> None:
    two = msgspec.structs.replace(PAIR, core=CoreSpec(region="eu", stores=1, queues=2))
    history = run(kinds.RestartBroker(at=10 * SECOND, down=3 * SECOND), topology=two)
    assert [(x.node, x.t) for x in of(history, h.Crashed)] == [("queue-1", 10 * SECOND), ("queue-2", 10 * SECOND)]
    assert [(x.node, x.t) for x in of(history, h.Restarted)] == [("queue-1", 13 * SECOND), ("queue-2", 13 * SECOND)]


# --- F6: caches ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("F6")
@pytest.mark.parametrize(
    "fault",
    [
        kinds.WipeCache(cache="registry", at=10 * SECOND),
        kinds.WipeCacheAt(cache="registry", node="worker-1", point="leased"),
    ],
)
def test_a_registry_that_forgot_everything_is_rebuilt_by_heartbeats(fault: Fault) -> None:
    history = run(fault)
    (struck,) = of(history, h.FaultStarted)
    assert [x for x in of(history, e.PushFailed, why="no session") if x.t >= struck.t]
    assert [x for x in of(history, e.SessionRegistered, device="bob-phone") if x.t > struck.t]


@pytest.mark.requirement("F6")
@pytest.mark.parametrize("name", ["presence", "cache-1"])
def test_the_other_caches_forget_everything_too(name: str) -> None:
    started = Run(plan(kinds.WipeCache(cache=name, at=40 * SECOND), sends=MANY, topology=REPLICATED))
    node: Any = started.deployment.nodes[name]

    def kept() -> bool:
        return bool(node.online if name == "presence" else node.segments)

    for t in range(5, 40, 5):
        started.injector.schedule_fault(kinds.Reset(device="bob-phone", at=t * SECOND))
    started.advance(40 * SECOND - 1)
    assert kept()
    started.advance(40 * SECOND)
    assert not kept()
    assert started.execute().violations == []


@pytest.mark.requirement("F6")
def test_a_frozen_registry_sends_pushes_where_the_device_no_longer_is() -> None:
    freeze = kinds.FreezeCache(cache="registry", at=8 * SECOND, duration=40 * SECOND)
    history = run(freeze, kinds.Reset(device="bob-phone", at=9 * SECOND))
    assert {x.kind for x in lost(history, "frozen")} <= {"Register", "Unregister"}
    assert lost(history, "frozen")
    assert not [x for x in of(history, e.SessionRegistered) if 8 * SECOND < x.t < 48 * SECOND]
    assert of(history, e.PushFailed, device="bob-phone")


# --- F8: devices --------------------------------------------------------------------------------------------------


@pytest.mark.requirement("F8")
def test_a_flapping_network_is_gone_and_back_by_turns() -> None:
    history = run(kinds.Flapping(device="bob-phone", period=2 * SECOND, at=4 * SECOND, duration=20 * SECOND))
    gone = {(x.t // SECOND - 4) // 2 for x in lost(history, "partition")}
    assert gone
    assert all(turn % 2 == 0 for turn in gone)
    assert max(x.t for x in lost(history, "partition")) < 24 * SECOND


@pytest.mark.requirement("F8")
def test_a_refused_device_is_thrown_off_and_let_in_when_it_is_over() -> None:
    fault = kinds.RefuseLogin(devices=("bob-phone",), at=5 * SECOND, duration=40 * SECOND)
    history = run(fault)
    gone, back = (of(history, kind, device="bob-phone") for kind in (e.Disconnected, e.Connected))
    assert [x.t // SECOND for x in gone] == [5]
    refused = of(history, e.ConnectionRefused)
    assert len(refused) > 2
    assert {(x.device, x.why) for x in refused} == {("bob-phone", "not checked")}
    assert refused[-1].t < 45 * SECOND < back[-1].t
    assert not of(history, e.Disconnected, device="alice-phone")
    (started,) = of(history, h.FaultStarted)
    assert started.nodes == ("bob-phone",)


@pytest.mark.requirement("F8")
def test_without_names_every_device_is_refused() -> None:
    history = run(kinds.RefuseLogin(at=5 * SECOND, duration=10 * SECOND))
    assert {x.device for x in of(history, e.ConnectionRefused)} == {"alice-phone", "bob-phone", "bob-laptop"}


@pytest.mark.requirement("F3")
def test_a_connection_breaks_with_the_message_that_is_on_it() -> None:
    fault = kinds.ResetAt(a=("bob-phone",), b=("kind:gateway",), kind="Heartbeat", nth=2)
    history = run(fault)
    (lost_one,) = lost(history, "reset")
    assert (lost_one.node, lost_one.kind) == ("bob-phone", "Heartbeat")
    (gone,) = of(history, e.Disconnected)
    assert (gone.device, gone.why) == ("bob-phone", "reset")
    assert 0 < gone.t - lost_one.t < SECOND
    (dropped,) = of(history, e.SessionDropped)
    assert (dropped.device, dropped.why) == ("bob-phone", "reset")


def test_only_what_passes_on_a_connection_can_break_it() -> None:
    fault = kinds.ResetAt(a=("kind:service",), b=("kind:store",), kind="Append")
    with pytest.raises(PlanError, match=r"faults\[0\]\.kind: expected a message between a device and its gateway"):
        check(plan(fault))


@pytest.mark.requirement("F8")
@pytest.mark.parametrize("armed", [False, True])
def test_a_gateway_s_devices_are_thrown_off_together_and_come_back(armed: bool) -> None:
    early = Run(plan(sends=MANY))
    early.advance(9 * SECOND)
    gateway = next(x.gateway for x in of(early.history, e.Connected, device="bob-phone"))
    there = {x.device for x in of(early.history, e.Connected, gateway=gateway)}
    fault = (
        kinds.ReconnectStormAt(gateway=gateway, point="pushed", at=9 * SECOND)
        if armed
        else kinds.ReconnectStorm(gateway=gateway, at=10 * SECOND)
    )
    history = run(fault)
    assert {x.device for x in of(history, e.Disconnected, why="reset")} == there
    assert all(len(of(history, e.Connected, device=device)) == 2 for device in there)


# --- F9: load -----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("F9")
def test_a_burst_is_that_many_sends_that_far_apart() -> None:
    fault = kinds.Burst(device="alice-phone", conversation="talk", count=7, apart=1_000, at=10 * SECOND)
    sent = [x.t for x in of(run(fault, sends=()), e.SendRequested)]
    assert sent == [10 * SECOND + i * 1_000 for i in range(7)]


@pytest.mark.requirement("F9")
def test_in_a_hot_conversation_everybody_sends() -> None:
    fault = kinds.HotConversation(conversation="talk", count=3, at=10 * SECOND, duration=6 * SECOND)
    history = run(fault, sends=())
    by = [x.device for x in of(history, e.SendRequested)]
    assert sorted(by) == sorted(["alice-phone", "bob-phone", "bob-laptop"] * 3)
    assert len(of(history, e.Persisted)) == 9


@pytest.mark.requirement("F9")
def test_a_region_s_devices_return_all_at_once_and_say_so() -> None:
    history = run(kinds.ThunderingHerd(region="eu", at=10 * SECOND, down=15 * SECOND), sends=())
    assert {x.t for x in of(history, e.Woke)} == {25 * SECOND}
    assert len(of(history, e.Woke)) == 3
    assert {x.t for x in of(history, e.SendRequested)} == {25 * SECOND}


# --- plans --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "path"),
    [
        (kinds.QueueUnavailable(queue="worker-1", duration=1), "queue"),
        (kinds.WipeCache(cache="queue-1"), "cache"),
        (kinds.ReconnectStorm(gateway="worker-1"), "gateway"),
        (kinds.RegionDown(region="mars", down=1), "region"),
        (kinds.RollingRestart(nodes_of="kind:tank", duration=1), "nodes_of"),
        (kinds.Burst(device="alice-phone", conversation="none", count=1), "conversation"),
        (kinds.GoneForGood(device="worker-1"), "device"),
        (kinds.QuorumGoneForGood(partition="store-9"), "partition"),
        (kinds.SlowNodeAt(node="worker-1", point="nowhere", duration=1), "point"),
        (kinds.HoldDown(node="worker-1", until="Persisted", most=-1), "most"),
        (kinds.ClogLinks(a=ALL, b=("nobody",), step=1, hold=1), "b[0]"),
    ],
)
def test_a_fault_at_what_is_not_there_is_refused_with_its_path(fault: Fault, path: str) -> None:
    with pytest.raises(PlanError, match=rf"faults\[0\]\.{path.replace('[', chr(92) + '[')}"):
        check(plan(fault))


APART = msgspec.structs.replace(
    PAIR,
    regions=("eu", "us", "moon"),
    core=msgspec.structs.replace(PAIR.core, region="moon"),
    devices=tuple(msgspec.structs.replace(device, region="us") for device in PAIR.devices),
)
"""Devices in one region, gateways in another, everything else in a third."""


@pytest.mark.parametrize(
    ("fault", "path"),
    [
        (kinds.RollingRestart(nodes_of="kind:device", duration=1), "nodes_of"),
        (kinds.RollingRestart(nodes_of="bob-phone", duration=1), "nodes_of"),
        (kinds.RollingRestart(nodes_of="region:us", duration=1), "nodes_of"),
        (kinds.RegionDown(region="us", down=1), "region"),
        (kinds.ThunderingHerd(region="eu", down=1), "region"),
        (kinds.SwitchAccount(device="bob-phone", to="bob-phone", duration=1), "to"),
        (kinds.ClockSkew(node="worker-1", by=0, duration=1), "by"),
        (kinds.ClockDrift(node="worker-1", rate=0, duration=1), "rate"),
        (kinds.DelayPush(delay=0, duration=1), "delay"),
        (kinds.SlowNode(node="worker-1", factor=1, duration=1), "factor"),
    ],
)
def test_a_fault_that_can_do_nothing_is_refused_with_its_path(fault: Fault, path: str) -> None:
    with pytest.raises(PlanError, match=rf"^\$\.faults\[0\]\.{path}: expected "):
        check(plan(fault, topology=APART))


@pytest.mark.parametrize(
    "fault",
    [
        kinds.RollingRestart(nodes_of="*", duration=1),
        kinds.RollingRestart(nodes_of="region:moon", duration=1),
        kinds.RollingRestart(nodes_of="kind:gateway", duration=1),
        kinds.RegionDown(region="eu", down=1),
        kinds.ThunderingHerd(region="us", down=1),
        kinds.SwitchAccount(device="bob-phone", to="bob-laptop", duration=1),
        kinds.SlowNode(node="worker-1", factor=1, lag=1, duration=1),
    ],
)
def test_a_fault_that_can_do_something_is_not(fault: Fault) -> None:
    check(plan(fault, topology=APART))


@pytest.mark.requirement("F9")
@pytest.mark.parametrize(
    ("faults", "number"),
    [
        ([kinds.Burst(device="bob-phone", conversation="talk", count=10**9)], 0),
        ([kinds.HotConversation(conversation="talk", count=10**9, duration=SECOND)], 0),
        ([kinds.HotConversation(conversation="talk", count=501, duration=SECOND)], 0),  # of bob's two devices
        ([kinds.Burst(device=device, conversation="talk", count=501) for device in ("bob-phone", "bob-laptop")], 1),
    ],
)
def test_more_load_than_can_be_over_in_the_bound_is_refused(faults: list[Fault], number: int) -> None:
    with pytest.raises(PlanError, match=rf"faults\[{number}\]\.count: expected at most 1,000 sends of one user"):
        check(plan(*faults))


@pytest.mark.requirement("F9")
@pytest.mark.parametrize(
    "most",
    [
        kinds.Burst(device="bob-phone", at=60 * SECOND - 1, conversation="talk", count=1_000),
        kinds.HotConversation(at=50 * SECOND, conversation="talk", count=500, duration=SECOND),
        kinds.Flapping(device="bob-phone", at=0, duration=60 * SECOND, period=10_000),
    ],
    ids=["burst", "hot conversation", "flapping"],
)
def test_as_much_as_a_plan_may_ask_for_breaks_no_promise(most: Fault) -> None:
    check(plan(most))
    run(most)


@pytest.mark.parametrize(
    "make",
    [
        lambda: kinds.HoldDown(node="x", until="Nothing", most=1),
        lambda: kinds.HoldDown(node="x", until="Persisted", count=0, most=1),
        lambda: kinds.SlowNode(node="x", duration=1, factor=0),
        lambda: kinds.ClockDrift(node="x", duration=1, rate=-1_000_000),
        lambda: kinds.PartialPartition(a=ALL, b=ALL, duration=1, share=0),
        lambda: kinds.ClogLinks(a=ALL, b=ALL, step=-1, hold=1),
        lambda: kinds.AmbiguousCommit(partition="x", duration=1, probability=2),
        lambda: kinds.WriteConflict(partition="x", times=0),
        lambda: kinds.StaleFollowers(partition="x", duration=1, lag=0),
        lambda: kinds.QueueSlow(queue="x", duration=1, lag=0),
        lambda: kinds.Flapping(device="x", duration=1, period=9_999),
        lambda: kinds.Burst(device="x", conversation="y", count=0),
        lambda: kinds.HotConversation(conversation="y", count=0, duration=1),
    ],
)
def test_a_parameter_that_means_nothing_is_refused(make: Any) -> None:
    with pytest.raises(ValueError, match=r"expected|no event"):
        make()


@pytest.mark.requirement("V5")
def test_a_target_is_left_alone_for_a_while() -> None:
    faults = (
        kinds.Crash(node="a", at=10, down=5),
        kinds.Pause(node="a", at=12, duration=5),
        kinds.Crash(node="b", at=12, down=5),
        kinds.Crash(node="a", at=13, down=5),
        kinds.CrashAt(node="a", point="x", at=11, down=5),
    )
    kept = calm(faults, 20, 60)
    assert [(kinds.name_of(f), targets(f), f.at) for f in kept] == [
        ("crash", ("a",), 10),
        ("crash_at", ("a",), 11),
        ("crash", ("b",), 12),
        ("pause", ("a",), 35),
        ("crash", ("a",), 60),
    ]
    assert calm(faults, 0, 60) == faults
    assert len(calm(faults, 20, 50)) == 4, "no time is left for the last one"


def test_a_campaign_that_names_no_kinds_uses_the_everyday_ones_and_a_star_is_all() -> None:
    assert Campaign().choice() == EVERYDAY
    assert set(Campaign(kinds=("*",)).choice()) == set(KINDS)
    assert Campaign(kinds=("*", "crash")).choice().count("crash") == 2
    assert Campaign(kinds=("crash",)).choice() == ("crash",)


def test_a_campaign_may_aim_at_some_kinds_of_message_and_move_accounts_within_a_user() -> None:
    """Without either, plans are what they were: the same seed gives the same plan."""
    stragglers = scenario("stragglers")
    campaign = stragglers.campaign
    assert campaign is not None
    faults = [fault for seed in range(1, 31) for fault in stragglers.plan(seed, ProtocolRef()).faults]
    assert {fault.kind for fault in faults if isinstance(fault, kinds.DelayAt)} == set(campaign.messages)
    user = {device.name: device.user for device in stragglers.topology.devices}
    moves = [fault for fault in faults if isinstance(fault, kinds.SwitchAccount)]
    assert {user[move.device] == user[move.to] for move in moves} == {True, False}
    assert all(move.device != move.to for move in moves)
    everyday = msgspec.structs.replace(
        stragglers, campaign=msgspec.structs.replace(campaign, messages=(), handed_on=False)
    )
    faults = [fault for seed in range(1, 31) for fault in everyday.plan(seed, ProtocolRef()).faults]
    assert len({fault.kind for fault in faults if isinstance(fault, kinds.DelayAt)}) > 10
    assert not any(user[f.device] == user[f.to] for f in faults if isinstance(f, kinds.SwitchAccount))
    with pytest.raises(ValueError, match=r"messages\[0\]: there is no message kind 'Nothing' between nodes"):
        Campaign(messages=("Nothing",))
