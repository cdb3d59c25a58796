"""A node inside the network that isn't part of the deployment gets nothing, by whatever name it calls itself."""

from __future__ import annotations

from typing import Any

import pytest
from support import SECOND, deploy, of, plan

from faults import kinds
from faults.kinds import BadToken, Intrusion
from faults.plan import PlanError, check
from model import events as e
from model.device.device import Device
from model.protocol import REFERENCE, Protocol, variant
from model.security import Identity, credential
from model.servers.gateway import Gateway
from model.servers.intruder import ASKS, TOKENS
from model.servers.queue import DeliveryQueue
from model.store.store import MessageStore
from model.wire.client import Hello
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


def stranger(token: str, device: str = "bob-phone", at: int = 20 * SECOND) -> BadToken:
    return BadToken(at=at, device=device, gateway="gateway-1", token=token)


REFUSED_AS = {"expired": "expired", "forged": "forged", "revoked": "revoked", "foreign": "another's"}


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_that_is_no_good_opens_nothing_and_disturbs_nobody(token: str) -> None:
    """The device whose name was used keeps its connection, and has tokens of its own as before."""
    found, calm = outcome(stranger(token)), outcome()
    assert found.violations == []
    assert [x.why for x in of(found.history, e.ConnectionRefused)] == [REFUSED_AS[token]]
    assert not of(found.history, e.UpgradeGranted)
    assert len(of(found.history, e.UpgradeTried)) == 1
    assert len(of(found.history, e.TokenRevoked)) == (token == "revoked")
    assert next(v for v in found.verdicts if v.property == "sessions-need-a-token").status == "holds"
    for kind in (e.Connected, e.Disconnected, e.SessionDropped, e.SessionRegistered, e.Shown):
        assert [x.t for x in of(found.history, kind)] == [x.t for x in of(calm.history, kind)]


class AnyToken(Gateway):
    def refuses(self, hello: Hello) -> str:
        return ""


class Overlooks(Gateway):
    """Sees all that is wrong with a token but one thing."""

    _overlooked = ""

    def refuses(self, hello: Hello) -> str:
        why = super().refuses(hello)
        return "" if why == self._overlooked else why


@pytest.mark.requirement("V3")
@pytest.mark.parametrize("token", TOKENS)
def test_a_gateway_that_overlooks_one_thing_is_caught_by_a_token_of_that_kind_alone(token: str) -> None:
    lax = variant("lax", gateway=type("Lax", (Overlooks,), {"_overlooked": REFUSED_AS[token]}))
    for shown in TOKENS:
        caught = "sessions-need-a-token" in outcome(stranger(shown), protocol=lax).violated()
        assert caught == (shown == token), shown
        assert "sessions-need-a-token" in outcome(stranger(shown), protocol=variant("any", gateway=AnyToken)).violated()


def test_devices_whose_own_tokens_expire_come_back_and_are_no_strangers() -> None:
    """A device gets a fresh token for each connection: it is let in again, while somebody else's expired one isn't."""

    class Short(Device):
        token_lifetime = 70 * SECOND

    tries = [stranger(token, at=(30 + 20 * i) * SECOND) for i, token in enumerate(TOKENS)]
    found = Run(plan(*tries, duration=200 * SECOND), variant("short", device=Short)).execute()
    assert found.violations == []
    dropped = of(found.history, e.SessionDropped, device="bob-phone", why="token")
    assert dropped
    assert of(found.history, e.Connected, device="bob-phone")[-1].t > dropped[-1].t
    assert len(of(found.history, e.ConnectionRefused)) == len(TOKENS)


def test_a_stolen_token_of_a_device_is_revoked_alone() -> None:
    """The token that the device itself has shown is another one: it stays connected, and connects again."""
    found = outcome(stranger("revoked"), kinds.Reset(device="bob-phone", at=30 * SECOND))
    assert found.violations == []
    assert [x.epoch for x in of(found.history, e.Connected, device="bob-phone")] == [1, 2]


def test_a_stranger_names_a_gateway_and_a_token_that_there_is() -> None:
    with pytest.raises(PlanError, match=r"faults\[0\]\.gateway"):
        check(plan(BadToken(at=0, device="bob-phone", gateway="store-1", token="forged")))
    with pytest.raises(ValueError, match="expected one of expired, forged, revoked, foreign"):
        BadToken(at=0, device="bob-phone", gateway="gateway-1", token="good")
