"""Faults and plans: each kind does what it says, plans survive their file, generated plans reach everything."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from support import PAIR, SECOND, deploy, of, plan, scenario

from faults import kinds
from faults.aims import Aims
from faults.generate import Campaign, generate
from faults.injector import Injector
from faults.kinds import KINDS
from faults.plan import ProtocolRef, Send, check, decode, encode
from model import events as e
from model.deployment import Deployment
from model.topology import ConversationSpec
from model.wire.delivery import Lookup, Publish
from model.wire.routes import KINDS as PAYLOADS
from model.wire.routes import ROUTES
from model.wire.service import BlockUpdate, CursorUpdate, ProfileUpdate, ReadUpdate
from model.wire.store import MarkPublished, ReadRecipients
from parley.run import Run
from sim import history as h
from sim import network
from sim.draws import Draws, Picker
from sim.network import Link, Network

ALL = ("*",)


def run(*faults: Any, sends: Any = ((5 * SECOND, "alice-phone"),), **more: Any) -> list[h.Event]:
    outcome = Run(plan(*faults, sends=sends, **more)).execute()
    assert outcome.violations == []
    return outcome.history


@pytest.mark.requirement("F1")
def test_a_timed_crash_begins_and_ends_in_time() -> None:
    history = run(kinds.Crash(node="messaging-1", at=10 * SECOND, down=3 * SECOND))
    assert [x.t for x in of(history, h.Crashed, node="messaging-1")] == [10 * SECOND]
    assert [x.t for x in of(history, h.Restarted, node="messaging-1")] == [13 * SECOND]
    assert [x.t for x in of(history, h.FaultEnded)] == [13 * SECOND]


@pytest.mark.requirement("F1", "P3")
def test_a_crash_armed_between_persist_and_publish_strikes_there_and_the_relay_publishes() -> None:
    faults = [kinds.CrashAt(node=f"messaging-{i}", point="persisted", down=30 * SECOND) for i in (1, 2)]
    history = run(*faults)
    crashed = of(history, h.Crashed, point="persisted")
    assert len(crashed) >= 1
    persisted = of(history, e.Persisted)[0]
    assert persisted.t <= crashed[0].t
    assert [x.by for x in of(history, e.Enqueued)] == ["relay"]


@pytest.mark.requirement("F1")
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_an_armed_crash_counts_how_often_its_point_is_reached(nth: int) -> None:
    sends = tuple((t * SECOND, "alice-phone") for t in (5, 10, 15))
    fault = kinds.CrashAt(node="store-1", point="committed", nth=nth, down=SECOND)
    history = run(fault, sends=sends)
    crashed = of(history, h.Crashed, node="store-1")
    assert len(crashed) == 1
    assert len([x for x in of(history, e.Persisted) if x.t <= crashed[0].t]) == nth


@pytest.mark.requirement("F2")
def test_a_paused_worker_outlives_its_lease_and_another_takes_the_task() -> None:
    faults = [kinds.PauseAt(node=f"worker-{i}", point="leased", duration=50 * SECOND) for i in (1,)]
    sends = tuple((t * SECOND, "alice-phone") for t in (5, 6, 7, 8))
    history = run(*faults, sends=sends)
    assert of(history, h.Paused, node="worker-1")
    assert of(history, e.LeaseExpired, worker="worker-1")
    assert of(history, e.TaskLeased, worker="worker-2", attempt=2)


@pytest.mark.requirement("F3")
def test_a_partition_loses_everything_between_its_sides_until_it_ends() -> None:
    cut = kinds.Partition(a=("kind:gateway",), b=("kind:service",), at=4 * SECOND, duration=20 * SECOND)
    history = run(cut)
    lost = of(history, h.MessageLost, why="partition")
    assert lost
    assert all(4 * SECOND <= x.t <= 24 * SECOND for x in lost)
    assert of(history, e.Persisted)[0].t > 24 * SECOND


@pytest.mark.requirement("F3")
def test_a_one_way_partition_lets_the_answer_s_way_open() -> None:
    """Requests pass and answers don't: the message is durable, and the device retries until it hears of it."""
    cut = kinds.Partition(a=("kind:service",), b=("kind:gateway",), one_way=True, at=4 * SECOND, duration=20 * SECOND)
    history = run(cut)
    assert of(history, e.Persisted)[0].t < 6 * SECOND
    assert of(history, e.DuplicateRecognised)
    assert of(history, e.SendAccepted)[0].t > 24 * SECOND


@pytest.mark.requirement("F3")
@pytest.mark.parametrize(
    ("fault", "kind", "count"),
    [
        (kinds.DropAt(kind="Push", a=ALL, b=ALL), h.MessageLost, 1),
        (kinds.DuplicateAt(kind="Publish", a=ALL, b=ALL), h.MessageDuplicated, 1),
        (kinds.DelayAt(kind="SendMessage", a=ALL, b=ALL, delay=SECOND), h.MessageDelayed, 1),
        (kinds.DropAt(kind="Ack", a=("bob-phone",), b=("kind:gateway",), nth=2), h.MessageLost, 1),
        (kinds.DropAt(kind="Ack", a=("kind:gateway",), b=("bob-phone",)), h.MessageLost, 0),
    ],
)
def test_an_armed_network_fault_strikes_one_message_of_its_kind(fault: Any, kind: type[Any], count: int) -> None:
    sends = tuple((t * SECOND, "alice-phone") for t in (5, 10, 15))
    history = run(fault, sends=sends)
    struck = [x for x in of(history, kind) if x.kind == fault.kind]
    assert len(struck) == count
    assert len(of(history, h.FaultStarted)) == count


@pytest.mark.requirement("F3")
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (kinds.Loss(a=ALL, b=ALL, at=2 * SECOND, duration=40 * SECOND, probability=0.1), h.MessageLost),
        (kinds.Duplication(a=ALL, b=ALL, at=2 * SECOND, duration=40 * SECOND, probability=0.3), h.MessageDuplicated),
        (
            kinds.Reordering(a=ALL, b=ALL, at=2 * SECOND, duration=40 * SECOND, probability=0.3, delay=SECOND),
            h.MessageDelayed,
        ),
        (
            kinds.DelaySpike(a=ALL, b=ALL, at=2 * SECOND, duration=40 * SECOND, probability=0.3, delay=SECOND),
            h.MessageDelayed,
        ),
    ],
)
def test_a_chance_fault_strikes_some_and_not_all(fault: Any, kind: type[Any]) -> None:
    sends = tuple((t * SECOND, "alice-phone") for t in range(5, 40, 2))
    history = run(fault, sends=sends)
    struck = of(history, kind)
    assert len(struck) >= 5
    assert all(fault.at <= x.t <= fault.at + fault.duration for x in struck)
    assert len(of(history, e.Persisted)) == len(sends)


@pytest.mark.requirement("F3")
def test_a_reset_is_noticed_by_both_ends_and_the_device_comes_back() -> None:
    history = run(kinds.Reset(device="bob-phone", at=10 * SECOND))
    assert of(history, e.Disconnected, device="bob-phone", why="reset")
    assert of(history, e.SessionDropped, device="bob-phone", why="reset")
    assert of(history, e.Connected, device="bob-phone", epoch=2)


@pytest.mark.requirement("F7", "P8")
def test_dropped_notifications_change_nothing_but_latency() -> None:
    asleep = kinds.Sleep(device="bob-phone", at=2 * SECOND, duration=230 * SECOND)
    sends = ((20 * SECOND, "alice-phone"),)
    heard = run(asleep, sends=sends, duration=240 * SECOND)
    deaf = run(asleep, kinds.DropPush(duration=240 * SECOND), sends=sends, duration=240 * SECOND)
    assert of(heard, e.Woke, by="notification")
    assert not of(deaf, e.Woke, by="notification")
    assert of(deaf, e.NotificationDropped, device="bob-phone")
    shown = [of(x, e.Shown, device="bob-phone")[0] for x in (heard, deaf)]
    assert shown[0].message == shown[1].message
    assert shown[0].t < shown[1].t


@pytest.mark.requirement("F8")
def test_an_app_killed_between_local_write_and_ack_acks_after_its_restart() -> None:
    history = run(kinds.KillAppAt(device="bob-phone", point="stored", down=2 * SECOND))
    stored = of(history, e.Stored, device="bob-phone")
    assert len(stored) == 1
    assert of(history, h.Crashed, node="bob-phone", point="stored")[0].t == stored[0].t
    assert of(history, e.Shown, device="bob-phone")[0].t > stored[0].t, "shown from the database at the next start"
    assert of(history, e.CursorStored, device="bob-phone", to=1)


@pytest.mark.requirement("F8")
def test_a_sleeping_device_runs_nothing() -> None:
    history = run(kinds.Sleep(device="bob-phone", at=10 * SECOND, duration=20 * SECOND), sends=())
    between = [x for x in history if x.node == "bob-phone" and 10 * SECOND < x.t < 30 * SECOND]
    assert between == []
    assert of(history, e.Woke, device="bob-phone", by="user")


@pytest.mark.requirement("V2")
def test_healing_ends_every_fault_and_disarms_what_has_not_fired() -> None:
    faults = (
        kinds.Crash(node="store-1", at=20 * SECOND, down=600 * SECOND),
        kinds.Partition(a=("kind:device",), b=("kind:gateway",), at=20 * SECOND, duration=600 * SECOND),
        kinds.Pause(node="worker-1", at=20 * SECOND, duration=600 * SECOND),
        kinds.Sleep(device="bob-phone", at=20 * SECOND, duration=600 * SECOND),
        kinds.Loss(a=ALL, b=ALL, at=20 * SECOND, duration=600 * SECOND, probability=1.0),
        kinds.DropAt(kind="Goodbye", a=ALL, b=ALL),
    )
    history = run(*faults, duration=30 * SECOND, sends=((29 * SECOND, "alice-phone"),))
    healed = of(history, h.Healed)[0]
    assert healed.t == 30 * SECOND
    assert not [x for x in of(history, h.MessageLost) if x.t > healed.t]
    assert len(of(history, e.Shown)) == 3


def test_every_payload_travels_where_the_routes_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Armed network faults aim by these routes: a payload that travels elsewhere would never be hit."""
    seen: set[tuple[type, str, str]] = set()

    def watched(its: Network) -> Any:
        post = poster(its)

        def posted(link: Link, payload: Any, key: int, arrive: Any, *rest: Any) -> None:
            if arrive == link.arrive:  # an answer goes back where the question came from
                seen.add((type(payload), link.source.kind, link.target.kind))
            post(link, payload, key, arrive, *rest)

        return posted

    poster = network._poster
    monkeypatch.setattr(network, "_poster", watched)
    Run(scenario("ci").plan(2, ProtocolRef())).execute()
    extra = {
        (BlockUpdate, "service", "store"),
        (CursorUpdate, "service", "store"),
        (ReadUpdate, "service", "store"),
        (ProfileUpdate, "service", "store"),
        (Lookup, "presence", "registry"),
        (Lookup, "service", "registry"),
        (ReadRecipients, "presence", "store"),
        (Publish, "relay", "queue"),
        (MarkPublished, "relay", "store"),
        (Lookup, "presence", "registry"),
        (ReadRecipients, "presence", "store"),
    }
    wrong = [x for x in seen - extra if ROUTES[x[0]] != x[1:]]
    assert wrong == []
    assert len(seen) > 10
    assert ROUTES.keys() == set(PAYLOADS.values())


@pytest.mark.requirement("V5")
def test_every_kind_of_fault_is_made_and_what_is_made_can_be_run() -> None:
    loaded = scenario("nightly")
    made: set[str] = set()
    for seed in range(1, 200):
        generated = loaded.plan(seed, ProtocolRef())
        check(generated)
        again = decode(encode(generated))
        assert again == generated
        luck = [fault.identity() for fault in generated.faults]
        assert [fault.identity() for fault in again.faults] == luck, "it is lucky where the written one is"
        made |= {kinds.name_of(fault) for fault in generated.faults}
    assert made == set(KINDS)


@pytest.mark.requirement("V5")
def test_what_is_made_for_one_person_with_one_device_can_be_run_too() -> None:
    one = (PAIR.devices[0],)
    talk = ConversationSpec(name="talk", members=("alice",), type="group")
    lone = msgspec.structs.replace(PAIR, users=("alice",), devices=one, conversations=(talk,))
    for name, kind in KINDS.items():
        for seed in range(5):
            fault = kind.draw(Picker(Draws(seed), name), Aims(lone, 60 * SECOND))
            check(plan(fault, sends=(), topology=lone))


@pytest.mark.requirement("V5", "V7")
def test_a_seed_s_plan_is_the_same_every_time_and_swarms_differ() -> None:
    loaded = scenario("ci")
    assert encode(loaded.plan(5, ProtocolRef())) == encode(loaded.plan(5, ProtocolRef()))
    swarms = {frozenset(kinds.name_of(f) for f in loaded.plan(seed, ProtocolRef()).faults) for seed in range(1, 60)}
    assert len(swarms) > 25


def test_a_campaign_keeps_to_its_kinds_and_counts() -> None:
    campaign = Campaign(seeds=5, sends=(3, 3), faults=(2, 2), kinds=("reset", "sleep"))
    for seed in range(20):
        made = generate(
            campaign,
            PAIR,
            seed,
            scenario="x",
            protocol=ProtocolRef(),
            duration=SECOND,
            bound=1,
            tail=1,
            explore_ties=True,
        )
        assert sum(isinstance(action, Send) for action in made.workload) == 3
        assert len(made.faults) == 2
        assert {kinds.name_of(fault) for fault in made.faults} <= {"reset", "sleep"}


def test_a_fault_s_luck_comes_from_what_it_is_not_from_its_place_in_the_plan() -> None:
    loss = kinds.Loss(a=ALL, b=ALL, at=2 * SECOND, duration=40 * SECOND, probability=0.1)
    other = kinds.Reset(device="bob-laptop", at=50 * SECOND)
    sends = tuple((t * SECOND, "alice-phone") for t in range(5, 40, 2))
    lost = [
        [(x.t, x.kind, x.to) for x in of(run(*faults, sends=sends), h.MessageLost)]
        for faults in ((loss,), (other, loss))
    ]
    assert lost[0] == lost[1]


def test_a_person_can_t_type_into_an_app_that_doesn_t_run() -> None:
    deployment: Deployment = deploy()
    injector = Injector(deployment)
    deployment.devices["alice-phone"].suspend()
    injector.schedule_action(plan().workload[0])
    deployment.env.run_until(10 * SECOND)
    assert not of(deployment.history, e.SendRequested)
    assert msgspec.json.encode(deployment.history)
