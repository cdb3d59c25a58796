"""The reference protocol, decision by decision: what it does where chat systems went wrong."""

from __future__ import annotations

from typing import Any

import pytest
from support import PAIR, SECOND, deploy, of, plan

from faults import kinds
from faults.plan import Send
from model import events as e
from model.content import Message
from model.device.device import Device
from model.protocol import variant
from model.servers.queue import DeliveryQueue
from model.store.store import MessageStore
from model.topology import ClusterSpec, ConversationSpec, CoreSpec, DeviceSpec, TopologySpec
from parley.run import Run
from sim import history as h
from sim.history import Event

ALL = ("*",)


def run(*faults: Any, sends: Any = ((5 * SECOND, "alice-phone"),), **more: Any) -> list[Event]:
    outcome = Run(plan(*faults, sends=sends, **more)).execute()
    assert outcome.violations == []
    assert outcome.converged_after is not None
    return outcome.history


@pytest.mark.requirement("P1", "C1", "C3", "C5", "C6", "C7", "D1")
def test_a_message_takes_the_send_path_in_order() -> None:
    history = run()
    names = [
        type(x).__name__
        for x in history
        if isinstance(x, e.SendRequested | e.SendAttempted | e.Persisted | e.Enqueued | e.AcceptSent | e.SendAccepted)
    ]
    assert names == ["SendRequested", "SendAttempted", "Persisted", "Enqueued", "AcceptSent", "SendAccepted"]
    assert {x.device for x in of(history, e.Shown)} == {"alice-phone", "bob-phone", "bob-laptop"}


@pytest.mark.requirement("P2", "D5", "G1")
@pytest.mark.parametrize("lost", ["Send", "SendMessage", "Append", "Appended", "SendResult", "Publish", "Published"])
def test_whatever_is_lost_on_the_send_path_the_message_is_stored_once_and_shown_once(lost: str) -> None:
    history = run(kinds.DropAt(kind=lost, a=ALL, b=ALL))
    assert of(history, h.MessageLost, kind=lost)
    assert len(of(history, e.Persisted)) == 1
    assert len(of(history, e.Shown)) == 3
    assert len(of(history, e.SendAccepted)) == 1


@pytest.mark.requirement("P2", "P3", "D8", "G1")
@pytest.mark.parametrize("point", ["received", "authorised", "sequenced", "persisted", "published", "acknowledged"])
def test_whichever_step_the_service_dies_at_the_message_is_accepted_once_and_delivered(point: str) -> None:
    faults = [kinds.CrashAt(node=f"messaging-{i}", point=point, down=8 * SECOND) for i in (1, 2)]
    history = run(*faults)
    assert of(history, h.Crashed, point=point)
    assert len(of(history, e.Persisted)) == 1
    assert of(history, e.Enqueued)
    assert len(of(history, e.Shown)) == 3


@pytest.mark.requirement("P2", "C4", "G2")
def test_a_retry_that_reaches_another_instance_gets_the_first_seq() -> None:
    history = run(kinds.DropAt(kind="SendResult", a=("kind:gateway",), b=("alice-phone",)))
    recognised = of(history, e.DuplicateRecognised)
    assert [x.seq for x in recognised] == [of(history, e.Persisted)[0].seq]
    assert {x.seq for x in of(history, e.AcceptSent)} == {1}


@pytest.mark.requirement("P2")
def test_a_duplicate_whose_first_try_was_not_published_is_published_again() -> None:
    """The serving instance dies before it publishes; the retry goes to the other one, which finds the row unpublished."""
    relay = kinds.Pause(node="relay-1", at=SECOND, duration=58 * SECOND)
    struck = 0
    for instance in ("messaging-1", "messaging-2"):
        history = run(kinds.CrashAt(node=instance, point="persisted", down=50 * SECOND), relay)
        if of(history, h.Crashed, point="persisted"):
            struck += 1
            assert [x.by for x in of(history, e.Enqueued)] == ["duplicate"]
    assert struck == 1, "one of the two serves the device"


@pytest.mark.requirement("P4", "C7")
@pytest.mark.parametrize("point", ["leased", "pushed", "delivered", "closed"])
def test_a_worker_that_dies_loses_its_lease_and_another_delivers(point: str) -> None:
    faults = [kinds.CrashAt(node=f"worker-{i}", point=point, down=20 * SECOND) for i in (1, 2)]
    history = run(*faults, duration=120 * SECOND)
    assert of(history, h.Crashed, point=point)
    assert len(of(history, e.Shown)) == 3
    assert of(history, e.TaskClosed)


@pytest.mark.requirement("P4", "C8")
def test_a_lost_registry_costs_pushes_and_is_rebuilt_by_heartbeats() -> None:
    lost = kinds.Crash(node="registry", at=3 * SECOND, down=SECOND)
    history = run(lost, sends=((5 * SECOND, "alice-phone"), (70 * SECOND, "alice-phone")), duration=100 * SECOND)
    assert of(history, e.PushFailed, seq=1, why="no session")
    assert of(history, e.Stored, device="bob-laptop", seq=1, via="sync"), "the digest on the next heartbeat found it"
    assert of(history, e.Stored, device="bob-laptop", seq=2, via="push"), "by then the registry knows the session again"


@pytest.mark.requirement("P5")
def test_what_comes_out_of_order_waits_and_a_gap_is_fetched_after_half_a_second() -> None:
    lost = kinds.DropAt(kind="PushMessage", a=ALL, b=("bob-laptop",), nth=1)
    history = run(lost, sends=((5 * SECOND, "alice-phone"), (6 * SECOND, "alice-phone")))
    opened = of(history, e.GapOpened, device="bob-laptop")[0]
    assert (opened.have, opened.got) == (0, 2)
    asked = of(history, e.SyncRequested, device="bob-laptop", why="gap")[0]
    assert asked.t - opened.t == 500_000
    assert [x.seq for x in of(history, e.Shown, device="bob-laptop")] == [1, 2]
    assert of(history, e.GapFilled, device="bob-laptop", upto=2)


@pytest.mark.requirement("P5", "P6")
def test_a_lost_ack_is_repeated_when_the_message_comes_again() -> None:
    history = run(kinds.DropAt(kind="Ack", a=("bob-laptop",), b=ALL))
    assert of(history, e.DuplicateIgnored, device="bob-laptop")
    assert len(of(history, e.Shown, device="bob-laptop")) == 1
    assert len(of(history, e.AckSent, device="bob-laptop")) >= 2
    assert of(history, e.CursorStored, device="bob-laptop", to=1)


@pytest.mark.requirement("P6", "D6")
def test_late_and_repeated_acks_never_move_the_stored_cursor_back() -> None:
    late = kinds.DelayAt(kind="CursorUpdate", a=ALL, b=("kind:store",), nth=2, delay=20 * SECOND)
    again = kinds.Duplication(
        a=("kind:gateway",), b=("kind:service",), at=SECOND, duration=50 * SECOND, probability=1.0
    )
    sends = tuple((t * SECOND, "alice-phone") for t in range(5, 30, 3))
    history = run(late, again, sends=sends)
    for device in ("bob-phone", "bob-laptop", "alice-phone"):
        moved = [x.to for x in of(history, e.CursorStored, device=device)]
        assert moved == sorted(moved)
        assert moved[-1] == len(sends)


@pytest.mark.requirement("P7", "G4")
def test_a_device_that_was_away_for_long_syncs_page_by_page() -> None:
    away = kinds.Sleep(device="bob-phone", at=2 * SECOND, duration=150 * SECOND)
    deaf = kinds.DropPush(duration=160 * SECOND)
    sends = tuple((110 * SECOND + i * 400_000, "alice-phone") for i in range(50))
    history = run(away, deaf, sends=sends, duration=160 * SECOND)
    pages = [x.count for x in of(history, e.SyncPageReceived, device="bob-phone")]
    assert pages[:3] == [20, 20, 10]
    assert [x.seq for x in of(history, e.Shown, device="bob-phone")] == list(range(1, 51))
    acks = [x.upto for x in of(history, e.AckSent, device="bob-phone")]
    assert acks[:3] == [20, 40, 50], "one ack a page"


@pytest.mark.requirement("P7")
def test_a_lost_push_is_found_by_the_digest_without_a_reconnect() -> None:
    lost = kinds.Loss(
        a=("kind:gateway",),
        b=("bob-laptop",),
        at=4 * SECOND,
        duration=30 * SECOND,
        probability=1.0,
        kinds=("PushMessage",),
    )
    history = run(lost, duration=80 * SECOND)
    assert of(history, e.SyncRequested, device="bob-laptop", why="digest")
    assert [x.epoch for x in of(history, e.Connected, device="bob-laptop")] == [1]


@pytest.mark.requirement("P8", "C10")
def test_notifications_collapse_to_one_pending_a_conversation() -> None:
    away = kinds.Sleep(device="bob-phone", at=2 * SECOND, duration=230 * SECOND)
    sends = tuple((120 * SECOND + i * 100_000, "alice-phone") for i in range(5))
    history = run(away, sends=sends, duration=240 * SECOND)
    sent = of(history, e.NotificationSent, device="bob-phone")
    assert [x.collapsed for x in sent][:2] == [False, True]
    first_wake = of(history, e.Woke, device="bob-phone")[0]
    assert len([x for x in of(history, e.NotificationShown, device="bob-phone") if x.t <= first_wake.t]) == 1


@pytest.mark.requirement("C2", "D4")
def test_a_gateway_gives_up_a_silent_connection_and_the_registry_forgets_it() -> None:
    history = run(
        kinds.Sleep(device="bob-phone", at=2 * SECOND, duration=150 * SECOND), sends=(), duration=160 * SECOND
    )
    dropped = of(history, e.SessionDropped, device="bob-phone", why="idle")[0]
    last_heard = 2 * SECOND
    assert 98 * SECOND <= dropped.t - last_heard <= 102 * SECOND
    assert of(history, e.SessionRemoved, device="bob-phone")


@pytest.mark.requirement("P1", "P15")
def test_a_stranger_s_send_is_refused_for_good_and_stored_nowhere() -> None:
    topology = TopologySpec(
        regions=PAIR.regions,
        core=PAIR.core,
        clusters=PAIR.clusters,
        users=("alice", "bob", "eve"),
        devices=(*PAIR.devices, DeviceSpec(name="eve-phone", user="eve", region="eu")),
        conversations=PAIR.conversations,
    )
    history = run(sends=((5 * SECOND, "eve-phone"), (6 * SECOND, "alice-phone")), topology=topology)
    assert [x.reason for x in of(history, e.SendRefused, device="eve-phone")] == ["not a member"]
    assert [x.sender for x in of(history, e.Persisted)] == ["alice"]
    assert not of(history, e.Shown, device="eve-phone")


@pytest.mark.requirement("P1", "G2")
def test_one_device_s_messages_keep_their_order_although_the_first_is_retried() -> None:
    lost = kinds.DropAt(kind="SendMessage", a=ALL, b=ALL, nth=1)
    sends = tuple((5 * SECOND + i * 1_000, "alice-phone") for i in range(4))
    history = run(lost, sends=sends)
    assert [x.message for x in of(history, e.Persisted)] == [f"alice-phone:{i}" for i in (1, 2, 3, 4)]


@pytest.mark.requirement("C6")
def test_a_task_that_nobody_finishes_becomes_a_dead_letter_and_is_not_lost_silently() -> None:
    class Impatient(DeliveryQueue):
        max_attempts = 2

    protocol = variant("impatient", queue=Impatient)
    faults = [kinds.CrashAt(node=f"worker-{i}", point="leased", nth=n, down=SECOND) for i in (1, 2) for n in (1, 2, 3)]
    outcome = Run(plan(*faults, duration=150 * SECOND), protocol).execute()
    assert [x.attempts for x in of(outcome.history, e.DeadLettered)] == [2]
    assert outcome.violations == [], "the digest delivers what the pipeline gave up"


@pytest.mark.requirement("D3", "C5")
def test_the_store_keeps_conversations_of_its_own_partition_only() -> None:
    topology = TopologySpec(
        regions=("eu",),
        core=CoreSpec(region="eu", stores=3),
        clusters=(ClusterSpec(name="edge", region="eu", gateways=("gateway-1",)),),
        users=("alice",),
        devices=(DeviceSpec(name="a", user="alice", region="eu"),),
        conversations=tuple(ConversationSpec(name=f"c{i}", members=("alice",)) for i in range(20)),
    )
    deployment = deploy(topology=topology)
    stores = deployment.network.of_kind(MessageStore)
    assert sorted(name for store in stores for name in store.conversations) == sorted(f"c{i}" for i in range(20))
    assert all(store.conversations for store in stores)


@pytest.mark.requirement("P5", "C1")
def test_the_local_database_survives_a_kill_and_the_gap_buffer_does_not() -> None:
    deployment = deploy()
    device: Device = deployment.devices["bob-phone"]

    def message(seq: int) -> Message:
        return Message(conversation="talk", seq=seq, message=f"m{seq}", sender="alice", device="alice-phone")

    device.take([message(1)], "push")
    device.take([message(3)], "push")
    assert device.database["talk"].cursor == 1
    assert list(device.reception("talk").buffer) == [3]
    device.crash()
    device.restart()
    assert device.database["talk"].cursor == 1
    assert device.receptions == {}
    device.take([message(2), message(3)], "sync")
    assert device.database["talk"].cursor == 3


@pytest.mark.requirement("G4")
def test_everything_volatile_may_be_lost_at_once() -> None:
    """Gateways, registry, services, workers, provider: all at once, in the middle of a conversation."""
    volatile = (
        "gateway-1",
        "gateway-2",
        "registry",
        "messaging-1",
        "messaging-2",
        "worker-1",
        "worker-2",
        "provider",
        "notification",
    )
    faults = [kinds.Crash(node=node, at=10 * SECOND, down=2 * SECOND, silent=True) for node in volatile]
    sends = tuple((9 * SECOND + i * 100_000, "alice-phone" if i % 3 else "bob-laptop") for i in range(30))
    history = run(*faults, sends=sends)
    assert len(of(history, e.Persisted)) == 30
    assert len(of(history, e.Shown)) == 90


def test_a_send_names_its_conversation() -> None:
    assert Send(at=0, device="a", conversation="c").body == ""
