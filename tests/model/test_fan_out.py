"""Fan-out: on write, on read, hybrid; what a message costs must not grow with a large group (P11, P12)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from support import PAIR, SECOND, of, plan, scenario

from faults import kinds
from faults.plan import Action, Join, Leave, OpenList, Plan, PlanError, ProtocolRef, Read, Send, check
from model import events as e
from model.content import Message
from model.fan_out import FanOut
from model.membership import OPEN, Member
from model.protocol import PROTOCOLS, REFERENCE, Protocol, VariantError, configured, variant
from model.store.tables import InboxEntry
from model.topology import (
    ConversationSpec,
    CoreSpec,
    DeviceSpec,
    PopulationSpec,
    TopologyError,
    TopologySpec,
    expand,
    validate,
)
from model.wire.store import ReadPage, Segment
from parley.campaign import run_all
from parley.run import Run
from reports.text.costs import cost
from sim.history import Event

pytestmark = pytest.mark.requirement("P11", "P12", "D9")

USERS = ("alice", "bob", "carol", "dave", "erin")
GROUP = msgspec.structs.replace(
    PAIR,
    core=CoreSpec(region="eu", stores=2, queues=1, hot_queues=1, hot_workers=1, caches=1, shards=1),
    users=USERS,
    devices=(*PAIR.devices, *(DeviceSpec(name=f"{user}-phone", user=user, region="eu") for user in USERS[2:])),
    conversations=(ConversationSpec(name="talk", members=("alice", "bob", "carol"), type="group"),),
)


def made(*actions: Action, faults: tuple[Any, ...] = (), threshold: int = 100, topology: TopologySpec = GROUP) -> Plan:
    changed = plan(*faults, sends=(), duration=120 * SECOND, topology=topology)
    return msgspec.structs.replace(changed, workload=actions, settings={"fan_out.threshold": threshold})


def run(*actions: Action, protocol: Protocol = REFERENCE, **how: Any) -> list[Event]:
    outcome = Run(made(*actions, **how), protocol).execute()
    assert outcome.violations == []
    assert outcome.converged_after is not None
    return outcome.history


def send(second: float, device: str = "alice-phone") -> Send:
    return Send(at=int(second * SECOND), device=device, conversation="talk", body="")


def join(second: float, user: str) -> Join:
    return Join(at=int(second * SECOND), device="alice-phone", conversation="talk", user=user)


def test_hybrid_writes_an_inbox_row_for_each_member_of_a_small_group_and_pushes_the_message() -> None:
    history = run(send(5))
    assert [(x.strategy, x.inbox, x.audience) for x in of(history, e.FanOutChosen)] == [("hybrid", True, 3)]
    assert {x.user for x in of(history, e.InboxStored)} == {"alice", "bob", "carol"}
    assert {x.device for x in of(history, e.Pushed)} == {"bob-phone", "bob-laptop", "carol-phone"}
    assert len(of(history, e.Enqueued)) == 1
    pushed, inboxed = of(history, e.Pushed)[0], of(history, e.InboxStored)[0]
    assert pushed.t < inboxed.t, "the inbox is off the delivery path"


def test_hybrid_writes_no_row_per_recipient_above_the_threshold() -> None:
    history = run(send(5), threshold=3)
    assert of(history, e.InboxStored) == []
    assert {x.device for x in of(history, e.Pushed)} == {"bob-phone", "bob-laptop", "carol-phone"}


def test_on_write_has_an_inbox_row_and_a_task_for_each_recipient() -> None:
    history = run(send(5), protocol=PROTOCOLS["on-write"])
    tasks = of(history, e.Enqueued)
    assert [(x.by, x.user) for x in tasks] == [
        ("service", ""),
        ("fan-out", "alice"),
        ("fan-out", "bob"),
        ("fan-out", "carol"),
    ]
    assert {x.user for x in of(history, e.InboxStored)} == {"alice", "bob", "carol"}
    assert {x.task for x in of(history, e.TaskClosed)} == {x.task for x in tasks}


def test_on_read_hints_and_devices_fetch() -> None:
    history = run(send(5), protocol=PROTOCOLS["on-read"])
    assert of(history, e.InboxStored) == of(history, e.Pushed) == []
    assert {x.device for x in of(history, e.HeadHinted)} == {"bob-phone", "bob-laptop", "carol-phone"}
    assert {x.why for x in of(history, e.SyncRequested)} == {"hint"}
    assert {x.via for x in of(history, e.Stored)} == {"accept", "sync"}


LOST = kinds.DropAt(kind="HeadHint", a=("*",), b=("carol-phone",))


def test_a_lost_hint_is_given_again() -> None:
    history = run(send(5), protocol=PROTOCOLS["on-read"], faults=(LOST,))
    assert len(of(history, e.HeadHinted, device="carol-phone")) == 2
    assert [x.why for x in of(history, e.SyncRequested, device="carol-phone")] == ["hint"]


def test_hints_that_are_all_lost_are_made_good_by_the_next_digest() -> None:
    history = run(send(5), protocol=PROTOCOLS["on-read"], faults=(LOST, LOST, LOST))
    assert len(of(history, e.HeadHinted, device="carol-phone")) == 3
    assert [x.why for x in of(history, e.SyncRequested, device="carol-phone")] == ["digest"]


def test_a_hint_that_comes_while_a_page_is_on_its_way_is_followed_when_that_is_here() -> None:
    """The page was read before the message was there. Nothing else would bring it before the hint is given again."""
    history = Run(scenario("matrix_large").plan(3, ProtocolRef(name="on-read")), PROTOCOLS["on-read"]).execute().history
    hinted = next(x.t for x in of(history, e.HeadHinted, device="erin-phone", seq=3))
    asked, came = (
        of(history, e.SyncRequested, device="erin-phone")[0],
        of(history, e.SyncPageReceived, device="erin-phone")[0],
    )
    assert asked.t < hinted < came.t
    assert came.head < 3
    shown = next(x for x in of(history, e.Shown, device="erin-phone") if x.seq == 3)
    assert shown.t - hinted < SECOND


@pytest.mark.requirement("P8")
def test_an_app_that_sleeps_and_still_has_a_session_is_notified_of_what_it_was_hinted() -> None:
    away = kinds.Sleep(device="carol-phone", at=4 * SECOND, duration=200 * SECOND)
    history = run(send(5), protocol=PROTOCOLS["on-read"], faults=(away,))
    assert of(history, e.HeadHinted, device="carol-phone"), "its session lasts for a while"
    assert of(history, e.HandedToNotification, device="carol-phone")
    assert not of(history, e.HandedToNotification, device="bob-phone"), "it has acked"


def test_a_device_that_was_away_learns_of_a_small_conversation_by_its_inbox_and_of_a_large_one_by_the_log() -> None:
    away = kinds.Sleep(device="carol-phone", at=2 * SECOND, duration=60 * SECOND)
    deaf = kinds.DropPush(duration=100 * SECOND)
    for threshold in (2, 100):
        history = run(send(5), threshold=threshold, faults=(away, deaf))
        assert [x.why for x in of(history, e.SyncRequested, device="carol-phone")] == ["connect"]
        assert [x.seq for x in of(history, e.Shown, device="carol-phone")] == [1]


def test_a_conversation_crosses_the_threshold_in_both_directions_while_it_runs() -> None:
    """Three members, then four, five, and three again; the threshold is four. Who slept through it misses nothing."""
    leaves = [
        Leave(at=s * SECOND, device="alice-phone", conversation="talk", user=u) for s, u in ((30, "dave"), (32, "erin"))
    ]
    away = kinds.Sleep(device="bob-phone", at=2 * SECOND, duration=60 * SECOND)
    deaf = kinds.DropPush(duration=100 * SECOND)
    actions: tuple[Action, ...] = (send(5), join(10, "dave"), send(15), join(20, "erin"), send(25), *leaves, send(40))
    history = run(*actions, threshold=4, faults=(away, deaf))
    chosen = [(x.seq, x.audience, x.inbox) for x in of(history, e.FanOutChosen)]
    assert chosen == [
        (1, 3, True), (2, 4, False), (3, 4, False), (4, 5, False), (5, 5, False), (6, 5, False), (7, 4, False), (8, 3, True),
    ]  # fmt: skip
    assert [x.seq for x in of(history, e.Shown, device="bob-phone")] == list(range(1, 9))


def test_the_tasks_of_a_hot_group_have_queues_and_workers_of_their_own() -> None:
    history = run(send(5), threshold=3)
    assert {x.node for x in of(history, e.Enqueued)} == {"hot-queue-1"}
    assert {x.worker for x in of(history, e.TaskLeased)} == {"hot-worker-1"}
    assert {x.node for x in of(run(send(5)), e.Enqueued)} == {"queue-1"}


def test_a_worker_that_dies_while_it_fans_out_is_followed_by_one_that_does_all_of_it() -> None:
    for point in ("inboxed", "distributed"):
        died = kinds.CrashAt(node="worker-1", point=point, nth=1, at=0, down=90 * SECOND)
        other = kinds.CrashAt(node="worker-2", point=point, nth=1, at=0, down=1 * SECOND)
        history = run(send(5), protocol=PROTOCOLS["on-write"], faults=(died, other))
        assert len(of(history, e.LeaseExpired)) >= 1, point


# --- the cache of newest segments ------------------------------------------------------------------------------------


def row(seq: int) -> Message:
    return Message(conversation="talk", seq=seq, message=f"m{seq}", sender="alice", device="alice-phone")


SEGMENT = Segment(
    "talk",
    (row(4), row(5), row(6)),
    6,
    {"bob": Member("member", ((1, 4), (6, OPEN))), "zoe": Member("member", ((1, 5),))},
)


def test_a_segment_hands_out_what_each_member_may_read() -> None:
    assert SEGMENT.readable("bob", 3) == (4, 4)
    assert SEGMENT.readable("bob", 4) == (6, 6)
    assert SEGMENT.readable("zoe", 4) == (5, 5)
    assert SEGMENT.readable("zoe", 5) == (6, 0), "nothing after the leave"
    assert SEGMENT.readable("carol", 0) == (1, 0), "who is no member gets nothing"
    assert (SEGMENT.head_for("bob"), SEGMENT.head_for("zoe"), SEGMENT.head_for("carol")) == (6, 5, 0)


def test_a_segment_serves_what_it_reaches_on_both_sides() -> None:
    cache = REFERENCE.cache.serves
    for after, heard, served in ((3, 6, True), (5, 2, True), (2, 6, False), (3, 7, False)):
        assert cache(None, SEGMENT, ReadPage("talk", "bob", after, 20, heard)) is served  # type: ignore[arg-type]


def test_a_crowd_that_syncs_reads_the_store_once() -> None:
    history = run(send(5), protocol=PROTOCOLS["on-read"])
    syncs = of(history, e.SyncPageReceived)
    assert len(syncs) == 3
    assert len(of(history, e.SegmentLoaded)) == 1
    counted = cost(history).counted
    assert counted["segment read"][0] == 1
    assert "page read" not in counted


def test_a_lost_cache_costs_time_only() -> None:
    down = kinds.Crash(node="cache-1", at=3 * SECOND, down=60 * SECOND)
    history = run(send(5), protocol=PROTOCOLS["on-read"], faults=(down,))
    assert [x.seq for x in of(history, e.Shown, device="carol-phone")] == [1]
    assert cost(history).counted["page read"][0] == 3


def test_a_cache_that_serves_what_is_old_keeps_a_device_from_what_is_new() -> None:
    """The rule is needed: without it a device that was told of 2 gets 1 for ever, from a segment that ends there."""

    class Old(REFERENCE.cache):  # type: ignore[misc, name-defined]
        def serves(self, segment: Segment, read: ReadPage) -> bool:
            return True

    outcome = Run(made(send(5), send(10)), variant("old", cache=Old, fan_out=PROTOCOLS["on-read"].fan_out)).execute()
    assert "every-device-shows-everything" in outcome.violated()


# --- a large population ----------------------------------------------------------------------------------------------


def test_a_population_is_written_in_one_place() -> None:
    crowd = PopulationSpec(name="fan", count=4, region="eu", conversations=("talk",), asleep=0.5)
    spec = msgspec.structs.replace(PAIR, populations=(crowd,))
    validate(spec)
    everyone = expand(spec)
    assert everyone.users == ("alice", "bob", "fan-1", "fan-2", "fan-3", "fan-4")
    assert [device.asleep for device in everyone.devices[3:]] == [False, True, False, True]
    assert everyone.conversations[0].members == everyone.users
    assert expand(everyone) is everyone


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"count": 0}, r"populations\[0\]\.count: expected at least 1, got 0"),
        ({"asleep": 1.5}, r"populations\[0\]\.asleep: expected a share from 0 to 1, got 1\.5"),
        ({"region": "mars"}, r"populations\[0\]\.region: expected the name of a region, got 'mars'"),
        (
            {"conversations": ("x",)},
            r"populations\[0\]\.conversations\[0\]: expected the name of a conversation, got 'x'",
        ),
    ],
)
def test_an_impossible_population_is_refused(change: dict[str, Any], says: str) -> None:
    crowd = msgspec.structs.replace(PopulationSpec(name="fan", count=4, region="eu", conversations=("talk",)), **change)
    with pytest.raises(TopologyError, match=says):
        validate(msgspec.structs.replace(PAIR, populations=(crowd,)))


def test_a_device_that_starts_asleep_is_woken_by_a_notification() -> None:
    crowd = PopulationSpec(name="fan", count=1, region="eu", conversations=("talk",), asleep=1.0)
    history = run(send(5), topology=msgspec.structs.replace(GROUP, populations=(crowd,)))
    assert of(history, e.Woke, device="fan-1-phone")[0].by == "notification"
    assert [x.seq for x in of(history, e.Shown, device="fan-1-phone")] == [1]


@pytest.mark.requirement("W4")
def test_w4_passes_its_checkpoints_and_costs_what_a_small_group_does() -> None:
    """The rows and queue operations of a message to 2,000 under the hybrid: as many as to two."""
    loaded = scenario("w4")
    found = run_all([(loaded, [loaded.seed])], "", jobs=1)
    assert found.failed_runs == []
    assert [c.at is not None for c in found.scenarios[0].checkpoints] == [True] * len(loaded.checkpoints)


# --- settings of a scenario ------------------------------------------------------------------------------------------


def test_a_scenario_gives_settings_other_values() -> None:
    protocol = configured(REFERENCE, {"fan_out.threshold": 7, "worker.slots": 2})
    assert (protocol.fan_out.threshold, protocol.worker.slots) == (7, 2)
    assert FanOut.threshold == 100
    assert protocol.name == "reference"


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("nobody.threshold", 1, "there is no component 'nobody'"),
        ("fan_out.treshold", 1, "fan_out has no setting 'treshold'"),
        ("fan_out.threshold", -1, "expected a whole number of at least 0"),
        ("fan_out.threshold", "x", "expected a whole number of at least 0"),
        ("device.heartbeat_interval", 1, "a distribution can only be set by a variant"),
        ("service.accept_after", "never", "expected one of"),
    ],
)
def test_an_impossible_setting_is_refused_with_its_path(path: str, value: Any, says: str) -> None:
    with pytest.raises(VariantError, match=says):
        configured(REFERENCE, {path: value})
    with pytest.raises(PlanError, match=rf"\$\.settings\.{path}: "):
        check(msgspec.structs.replace(made(send(5)), settings={path: value}))


# --- the list of conversations ------------------------------------------------------------------------------------------


def lists(protocol: str, threshold: int = 100) -> tuple[list[e.ListShown], dict[str, int]]:
    """Bob reads the first of three messages, and opens the list; what the list was read from, counted."""
    actions = (
        send(5),
        Read(at=8 * SECOND, device="bob-phone", conversation="talk"),
        send(10),
        send(11),
        send(12, "bob-phone"),
        OpenList(at=20 * SECOND, device="bob-laptop"),
    )
    history = run(*actions, protocol=PROTOCOLS[protocol], threshold=threshold)
    counted = {x.what: x.number for x in of(history, e.Counted)}
    return of(history, e.ListShown), counted


@pytest.mark.parametrize(("protocol", "partitions"), [("on-write", 1), ("on-read", 2), ("reference", 2)])
def test_a_list_is_read_from_the_inbox_or_from_each_log(protocol: str, partitions: int) -> None:
    (shown,), counted = lists(protocol)
    assert (shown.conversations, shown.newest, shown.unread, shown.read) == (("talk",), (4,), (2,), (1,))
    assert (counted["list"], counted["list read"]) == (1, partitions)
    assert counted["list row"] == (3 if protocol == "on-read" else 1), "on read, each row above the mark is looked at"


def test_hybrid_lists_a_large_group_by_its_log() -> None:
    (shown,), counted = lists("reference", threshold=3)
    assert (shown.newest, shown.unread) == ((4,), (2,))
    assert counted["list row"] == 3


def test_a_list_that_gets_no_answer_is_asked_for_again() -> None:
    lost = kinds.DropAt(kind="ConversationList", a=("kind:gateway",), b=("bob-laptop",), nth=1)
    history = run(send(5), OpenList(at=20 * SECOND, device="bob-laptop"), faults=(lost,))
    (asked,), (shown,) = of(history, e.ListRequested), of(history, e.ListShown)
    assert 5 * SECOND < shown.t - asked.t < 7 * SECOND


def test_a_list_after_leaving_does_not_have_what_was_left() -> None:
    leave = Leave(at=8 * SECOND, device="carol-phone", conversation="talk", user="carol")
    for protocol in ("on-write", "on-read", "reference"):
        opened = OpenList(at=20 * SECOND, device="carol-phone")
        history = run(send(5), leave, opened, protocol=PROTOCOLS[protocol])
        (shown,) = of(history, e.ListShown)
        assert shown.conversations == ()


@pytest.mark.requirement("P13")
def test_an_inbox_knows_who_is_back_by_any_row_whatever_their_order() -> None:
    entry = InboxEntry()
    for seq, sender, kind, subject in ((1, "ann", "", ""), (2, "ann", "leave", "bob")):
        entry.take("bob", seq, sender, kind, subject)
    assert entry.newest == entry.left == 2
    for seq, sender, kind, subject in ((5, "ann", "", ""), (4, "ann", "join", "bob"), (3, "bob", "", "")):
        entry.take("bob", seq, sender, kind, subject)
    assert (entry.newest, entry.since, entry.left, entry.unread) == (5, 4, 2, [1, 5])
    entry.take("bob", 6, "ann", "leave", "zoe")
    assert entry.left == 2
    entry.mark(5)
    entry.mark(1)
    assert (entry.read, entry.unread) == (5, [])
    entry.take("bob", 4, "ann", "", "")
    assert entry.unread == []
