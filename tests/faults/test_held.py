"""A history says whom each fault strikes, by name, and where every server stands."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from support import PAIR, SECOND, deploy, of, plan

from faults import kinds
from faults.kinds import KINDS
from faults.kinds.network import partial_partition
from faults.plan import OLDER, VERSION, PlanError, decode, encode
from faults.site import on_pairs
from model import events as e
from model.topology import CoreSpec
from parley.run import Run
from reports.text.narrative import SENTENCES
from sim import history as h

REPLICATED = msgspec.structs.replace(PAIR, core=CoreSpec(region="eu", stores=1, replicas=3, queues=1, caches=1))
REPLICAS = ("store-1.1", "store-1.2", "store-1.3")
DEVICES = tuple(device.device for device in deploy(topology=PAIR).directory.devices.values())


def run(*faults: Any, **more: Any) -> list[h.Event]:
    return Run(plan(*faults, sends=((5 * SECOND, "alice-phone"),), topology=REPLICATED, **more)).execute().history


def started(*faults: Any) -> Any:
    (event,) = of(run(*faults), h.FaultStarted)
    return event


def test_a_history_opens_with_where_each_server_stands() -> None:
    history = run()
    placed = [event for event in history if isinstance(event, h.NodePlaced)]
    assert history[: len(placed)] == placed
    assert {x.node: (x.region, x.cluster, x.role) for x in placed if x.role in ("store", "gateway")} == {
        **dict.fromkeys(REPLICAS, ("eu", "store-1", "store")),
        **{
            gateway: (cluster.region, cluster.name, "gateway")
            for cluster in REPLICATED.clusters
            for gateway in cluster.gateways
        },
    }
    servers = {node.name for node in deploy(topology=REPLICATED).network.nodes.values()} - {*DEVICES}
    assert {x.node for x in placed} == servers
    assert {x.device for x in of(history, e.DeviceRegistered)} == {*DEVICES}


AT = 10 * SECOND


@pytest.mark.parametrize(
    ("fault", "nodes"),
    [
        (kinds.Crash(node="gateway-1", at=AT, down=SECOND), ("gateway-1",)),
        (kinds.ClockSkew(node="worker-1", at=AT, by=SECOND, duration=SECOND), ("worker-1",)),
        (kinds.WrongClock(device="bob-phone", at=AT, by=SECOND, duration=SECOND), ("bob-phone",)),
        (kinds.WipeCache(cache="registry", at=AT), ("registry",)),
        (kinds.WipeCacheAt(cache="presence", node="worker-2", point="leased", at=0), ("presence",)),
        (kinds.Flapping(device="bob-phone", at=AT, period=SECOND, duration=SECOND), ("bob-phone",)),
        (kinds.LoseQuorum(partition="store-1", at=AT, down=SECOND), REPLICAS[1:]),
        (kinds.QuorumGoneForGood(partition="store-1", at=AT), REPLICAS[1:]),
        (kinds.StaleFollowers(partition="store-1", at=AT, duration=SECOND, lag=SECOND), REPLICAS),
        (kinds.StoreSlow(partition="store-1", at=AT, duration=SECOND), REPLICAS),
        (kinds.RollingRestart(nodes_of="kind:store", at=AT, duration=6 * SECOND), REPLICAS),
        (kinds.RestartBroker(at=AT, down=SECOND), ("queue-1",)),
        (kinds.ThunderingHerd(region="eu", at=AT, down=SECOND), DEVICES),
        (
            kinds.FlagSender(device="bob-phone", at=AT, duration=SECOND),
            tuple(d for d in DEVICES if d.startswith("bob")),
        ),
        (kinds.RefuseLogin(devices=("bob-phone",), at=AT, duration=SECOND), ("bob-phone",)),
        (kinds.RefuseLogin(at=AT, duration=SECOND), DEVICES),
        (kinds.Burst(device="bob-phone", conversation="talk", count=2, at=AT), ("bob-phone",)),
        (kinds.HotConversation(conversation="talk", count=1, duration=SECOND, at=AT), DEVICES),
        (
            kinds.SwitchAccount(device="alice-phone", to="bob-phone", at=AT, duration=SECOND),
            ("alice-phone", "bob-phone"),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_it_names_the_nodes_that_it_strikes(fault: Any, nodes: tuple[str, ...]) -> None:
    event = started(fault)
    assert (event.nodes, event.links) == (nodes, ())


def test_who_leads_is_named_as_it_is_when_the_fault_strikes() -> None:
    for fault in (
        kinds.FailOver(partition="store-1", at=AT, down=SECOND),
        kinds.FailOverAt(partition="store-1", point="committed", at=0, down=SECOND),
    ):
        history = run(fault)
        (event,) = of(history, h.FaultStarted)
        (died,) = of(history, h.Crashed)
        assert event.nodes == (died.node,)
    (node,) = started(kinds.WriteConflict(partition="store-1", at=AT)).nodes
    assert node in REPLICAS


GATEWAYS = tuple(gateway for cluster in REPLICATED.clusters for gateway in cluster.gateways)


def test_it_names_the_links_on_which_it_concerns_messages() -> None:
    loss = kinds.Loss(a=("kind:device",), b=("kind:gateway",), at=AT, duration=SECOND, probability=0.1)
    assert started(loss).links == ((DEVICES, GATEWAYS), (GATEWAYS, DEVICES))
    one_way = msgspec.structs.replace(loss, one_way=True)
    assert started(one_way).links == ((DEVICES, GATEWAYS),)
    (leader_to, to_leader) = started(kinds.IsolateLeader(partition="store-1", at=AT, duration=SECOND)).links
    assert leader_to == to_leader[::-1]
    assert {*leader_to[0], *leader_to[1]} == {*REPLICAS}
    cut = started(kinds.StoreUnavailable(partition="store-1", at=AT, duration=SECOND))
    assert (cut.nodes, cut.links[0][0], cut.links[1][1]) == ((), REPLICAS, REPLICAS)
    assert "bob-phone" in cut.links[0][1]
    answers = started(kinds.AmbiguousCommit(partition="store-1", at=AT, duration=SECOND)).links
    assert [senders for senders, _ in answers] == [REPLICAS]
    inner = started(kinds.RegionDelay(region="eu", at=AT, duration=SECOND, delay=SECOND))
    assert inner.links[0][0] == tuple(
        n.name for n in deploy(topology=REPLICATED).network.nodes.values() if n.region == "eu"
    )
    published = started(kinds.AmbiguousPublish(queue="queue-1", at=AT, duration=SECOND)).links
    assert [senders for senders, _ in published] == [("queue-1",)]


def test_what_goes_wrong_with_notifications_is_on_the_providers_links() -> None:
    one = started(kinds.DropPush(devices=("bob-phone",), at=AT, duration=SECOND))
    assert (one.nodes, one.links) == ((), ((("provider",), ("bob-phone",)),))
    assert started(kinds.DisablePush(at=AT, duration=SECOND)).links == ((("provider",), DEVICES),)


def test_of_a_partial_partition_the_pairs_are_named_that_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    cut = kinds.PartialPartition(a=("kind:device",), b=("*",), share=0.5, at=4 * SECOND, duration=50 * SECOND)
    event = started(cut)
    pairs = {(s, t) for senders, receivers in event.links for s in senders for t in receivers}
    assert {(t, s) for s, t in pairs} == pairs
    assert 0 < len(pairs) < len(DEVICES) * len(deploy(topology=REPLICATED).network.nodes)
    lost = of(run(cut), h.MessageLost, why="partition")
    assert lost
    assert {(x.node, x.to) for x in lost} <= pairs
    monkeypatch.setattr(partial_partition, "_SPELLED_OUT", 3)
    assert started(cut).links[0][0] == DEVICES


def test_clogged_links_are_named() -> None:
    event = started(kinds.ClogLinks(a=("kind:device",), b=("kind:gateway",), share=0.5, step=0, hold=SECOND, at=AT))
    count = len(DEVICES) * len(GATEWAYS)
    assert sum(len(s) * len(r) for s, r in event.links) == count


def test_senders_to_the_same_nodes_are_one_group() -> None:
    one, two, three, four = [*deploy(topology=REPLICATED).network.nodes.values()][:4]
    assert on_pairs([(one, three), (two, three), (one, four), (two, four), (three, one)]).links == (
        ((one.name, two.name), (three.name, four.name)),
        ((three.name,), (one.name,)),
    )


def test_its_end_names_the_same_and_only_what_goes_on_is_lasting() -> None:
    history = run(kinds.Pause(node="gateway-1", at=AT, duration=SECOND))
    (start,), (end,) = of(history, h.FaultStarted), of(history, h.FaultEnded)
    assert (start.nodes, start.lasting, end.nodes, end.links) == (("gateway-1",), True, ("gateway-1",), ())
    assert not started(kinds.Reset(device="bob-phone", at=AT)).lasting
    assert not started(kinds.WipeCache(cache="registry", at=AT)).lasting
    assert started(kinds.GoneForGood(device="bob-phone", at=AT)).lasting
    assert started(kinds.WriteConflict(partition="store-1", at=AT)).lasting
    assert started(kinds.QuorumGoneForGood(partition="store-1", at=AT)).lasting


def test_every_kind_says_whom_it_strikes() -> None:
    assert all(hasattr(kind, "holds") for kind in KINDS.values())


def test_a_story_says_in_short_whom_a_fault_holds() -> None:
    def told(nodes: tuple[str, ...] = (), links: h.Links = ()) -> str:
        event = h.FaultStarted(0, "faults", -1, 3, "loss", False, nodes, links)
        return SENTENCES[h.FaultStarted](event)

    assert told() == "loss strikes (fault 3)"
    assert told(("a", "b")) == "loss strikes (fault 3): holds a, b"
    assert told(("a", "b", "c", "d")) == "loss strikes (fault 3): holds 4 nodes"
    assert told((), ((("a", "b"), ("c",)), (("c",), ("a",)))) == "loss strikes (fault 3): holds 3 links"
    assert told(("a",), ((("a",), ("c",)),)) == "loss strikes (fault 3): holds a and 1 link"


def test_records_from_before_say_of_no_fault_whom_it_held() -> None:
    old = b'{"event":"FaultStarted","t":1,"node":"faults","cause":-1,"fault":0,"kind":"loss","armed":false}'
    event = msgspec.json.decode(old, type=h.FaultStarted)
    assert (event.nodes, event.links, event.lasting) == ((), (), True)
    over = b'{"event":"FaultEnded","t":1,"node":"faults","cause":-1,"fault":0,"kind":"loss"}'
    assert msgspec.json.decode(over, type=h.FaultEnded).nodes == ()


# --- the form of plans ---------------------------------------------------------------------------------------------


def test_a_plan_of_version_1_is_read_and_written_without_what_came_later() -> None:
    new = plan()
    assert new.parley_plan == VERSION
    assert decode(encode(new)) == new
    assert b'"probe": false' in encode(new)
    old = msgspec.structs.replace(new, parley_plan=OLDER)
    assert decode(encode(old)) == old
    assert b"probe" not in encode(old)
    assert b"theme" not in encode(old)
    assert Run(old).execute().digest() == Run(new).execute().digest()


@pytest.mark.parametrize("field", ["probe", "theme"])
def test_what_came_later_is_an_error_in_a_plan_of_version_1(field: str) -> None:
    old = encode(plan()).replace(b'"parley_plan": 2', b'"parley_plan": 1')
    other = {"probe": b"theme", "theme": b"probe"}[field]
    alone = b"\n".join(line for line in old.split(b"\n") if other not in line)
    with pytest.raises(
        PlanError, match=rf"\$\.{field}: a plan of version 1 has no such field; one of version 2 has it"
    ):
        decode(alone)
