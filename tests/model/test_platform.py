"""The handsets' platform: whose push token is whose; and that nodes meet nowhere but on the network."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from support import PAIR

import model
from model.deployment import Deployment
from model.events import Slept, TokenIssued, TokenRegistered
from model.platform import Platform
from model.topology import TopologySpec

ROOMS = [Path(model.__file__).parent / room for room in ("device", "servers", "store")]


def test_a_new_token_and_one_that_is_passed_on_end_what_the_app_had() -> None:
    platform = Platform()
    assert platform.issue("phone") == ("phone#1", 2)
    assert platform.issue("laptop") == ("laptop#2", 4)
    assert platform.issue("phone") == ("phone#3", 6)
    assert platform.holder == {"laptop#2": "laptop", "phone#3": "phone"}
    assert platform.pass_on("phone#3", "laptop") == 8
    assert platform.holder == {"phone#3": "laptop"}


def test_a_hint_reaches_the_handset_that_has_the_token_unless_it_is_gone() -> None:
    deployment = Deployment(PAIR, 1)
    phone = deployment.devices["bob-phone"]
    assert phone.platform.reached_by(phone.push_token) is phone
    assert phone.platform.reached_by("bob-phone#0") is None
    phone.gone = True
    assert phone.platform.reached_by(phone.push_token) is None


def asleep(spec: TopologySpec, name: str) -> TopologySpec:
    devices = tuple(replace(device, asleep=True) if device.name == name else device for device in spec.devices)
    return replace(spec, devices=devices)


def test_the_deployment_registers_the_token_of_an_app_that_sleeps_from_the_start() -> None:
    history = Deployment(asleep(PAIR, "bob-phone"), 1).history
    told = [e for e in history if isinstance(e, TokenIssued | Slept | TokenRegistered) and e.device == "bob-phone"]
    assert [type(event) for event in told] == [TokenIssued, Slept, TokenRegistered]
    assert not [e for e in history if isinstance(e, TokenRegistered) and e.device != "bob-phone"]


def test_no_node_takes_hold_of_another_one_past_the_network() -> None:
    modules = [module for room in ROOMS for module in sorted(room.glob("*.py"))]
    assert len(modules) > 20
    found = [str(m) for m in modules if any(word in m.read_text() for word in ("network.nodes", ".of_kind("))]
    assert found == []
