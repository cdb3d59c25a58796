"""A node inside the network that isn't part of the deployment gets nothing, by whatever name it calls itself."""

from __future__ import annotations

from typing import Any

import pytest
from support import SECOND, deploy, of, plan

from faults import kinds
from faults.kinds import Intrusion
from faults.plan import PlanError, check
from model import events as e
from model.gateway import Gateway
from model.intruder import ASKS
from model.protocol import REFERENCE, Protocol, variant
from model.queue import DeliveryQueue
from model.security import Identity, credential
from model.store import MessageStore
from parley.run import Outcome, Run
from sim.history import MessageDelayed

pytestmark = pytest.mark.requirement("P15")


def intrusion(asks: str, claims: str = "messaging-1", at: int = 20 * SECOND) -> Intrusion:
    return Intrusion(at=at, device="bob-phone", conversation="talk", claims=claims, asks=asks)


def outcome(*faults: Any, protocol: Protocol = REFERENCE) -> Outcome:
    return Run(plan(*faults), protocol).execute()


@pytest.mark.parametrize("asks", ASKS)
def test_whatever_an_intruder_asks_for_is_refused_and_written_down(asks: str) -> None:
    found = outcome(intrusion(asks))
    assert found.violations == []
    asked, refused = of(found.history, e.IntruderAsked), of(found.history, e.CallRefused)
    assert {x.kind for x in asked} == {asks}
    assert [x.node for x in refused] == [x.to for x in asked] != []
    assert {(x.caller, x.kind) for x in refused} == {("messaging-1", asks)}
    assert next(v for v in found.verdicts if v.property == "intruders-have-no-effect").status == "holds"
    assert len(of(found.history, e.Persisted)) == 1


def test_nodes_of_the_deployment_are_never_refused() -> None:
    assert not of(outcome().history, e.CallRefused)


class TrustingStore(MessageStore):
    def trusts(self, caller: Identity) -> bool:
        return True


class TrustingQueue(DeliveryQueue):
    def trusts(self, caller: Identity) -> bool:
        return True


class NamesOnly(Gateway):
    def trusts(self, caller: Identity) -> bool:
        return self.directory.has(caller.name)


@pytest.mark.parametrize(
    ("asks", "protocol"),
    [
        ("Append", variant("store", store=TrustingStore)),
        ("CursorUpdate", variant("store", store=TrustingStore)),
        ("Publish", variant("queue", queue=TrustingQueue)),
        ("Push", variant("gateway", gateway=NamesOnly)),
    ],
    ids=["Append", "CursorUpdate", "Publish", "Push"],
)
def test_who_trusts_too_much_is_caught(asks: str, protocol: Protocol) -> None:
    assert "intruders-have-no-effect" in outcome(intrusion(asks, "worker-1"), protocol=protocol).violated()


def test_a_name_that_nobody_has_is_not_enough_even_for_who_trusts_names() -> None:
    """And a credential is good for its own name only."""
    gateway = deploy(protocol=variant("gateway", gateway=NamesOnly)).nodes["gateway-1"]
    assert isinstance(gateway, NamesOnly)
    assert gateway.trusts(Identity("worker-1", 0))
    assert not gateway.trusts(Identity("intruder-1", 0))
    strict = deploy().nodes["gateway-1"]
    assert isinstance(strict, Gateway)
    assert strict.trusts(Identity("worker-1", credential("worker-1")))
    assert not strict.trusts(Identity("worker-2", credential("worker-1")))


def test_a_paused_node_refuses_when_it_goes_on_and_a_dead_one_hears_nothing() -> None:
    paused = outcome(kinds.Pause(node="store-1", at=19 * SECOND, duration=5 * SECOND), intrusion("Append"))
    assert [x.t for x in of(paused.history, e.CallRefused)] == [24 * SECOND]
    dead = outcome(kinds.Crash(node="store-1", at=19 * SECOND, down=5 * SECOND), intrusion("Append"))
    assert not of(dead.history, e.CallRefused)
    assert paused.violations == dead.violations == []


@pytest.mark.requirement("F3")
def test_network_faults_concern_an_intruder_too() -> None:
    late = kinds.DelayAt(kind="Append", a=("*",), b=("kind:store",), at=10 * SECOND, delay=SECOND)
    history = outcome(late, intrusion("Append"), intrusion("Append", at=30 * SECOND)).history
    assert [x.node for x in of(history, MessageDelayed)] == ["intruder-1"]
    assert [x.node for x in of(history, e.IntruderAsked)] == ["intruder-1", "intruder-2"]


@pytest.mark.parametrize(("path", "name"), [("claims", "nobody"), ("conversation", "none"), ("device", "gateway-1")])
def test_an_intruder_that_names_what_is_not_there_is_refused(path: str, name: str) -> None:
    fields = {"device": "bob-phone", "conversation": "talk", "claims": "messaging-1", "asks": "Append", path: name}
    with pytest.raises(PlanError, match=rf"faults\[0\]\.{path}"):
        check(plan(Intrusion(at=0, **fields)))


def test_an_intruder_asks_for_what_it_can() -> None:
    with pytest.raises(ValueError, match="expected one of Append"):
        intrusion("Heartbeat")
