"""Nobody connects or sends in another's name, limits lose nothing, and bodies are opaque to all but devices."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from support import PAIR, SECOND, deploy, first_caught, of, plan

from model import events as e
from model.deployment import Deployment
from model.device.device import Device
from model.protocol import variant
from model.security import Bucket, issue
from model.servers.gateway import Gateway
from model.servers.service import MessagingService
from model.wire.client import Hello, Token
from model.wire.service import Send
from parley.run import Run
from sim.history import Event

pytestmark = pytest.mark.requirement("P15")

HOUR = 3600 * SECOND


def connects_with(token: Token, device: str = "bob-phone", user: str = "bob") -> list[Event]:
    """What happens when someone opens a connection as `device` with this token."""
    deployment = deploy()
    intruder = deployment.devices["bob-phone"]
    intruder.suspend()
    deployment.env.run_until(2 * SECOND)
    before = len(deployment.history)
    intruder.new_life()
    deployment.network.connect(intruder, "gateway-1", Hello(device, user, 99, token))
    deployment.env.run_until(3 * SECOND)
    return deployment.history[before:]


def test_a_proper_token_is_let_in() -> None:
    history = connects_with(issue("bob", "bob-phone", HOUR))
    assert of(history, e.SessionRegistered, device="bob-phone", epoch=99)
    assert not of(history, e.ConnectionRefused)


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (issue("bob", "bob-phone", 2 * SECOND), "expired"),
        (msgspec.structs.replace(issue("bob", "bob-phone", 2 * SECOND), expires=HOUR), "forged"),
        (msgspec.structs.replace(issue("alice", "alice-phone", HOUR), subject="bob", device="bob-phone"), "forged"),
        (issue("alice", "alice-phone", HOUR), "another's"),
        (issue("bob", "bob-laptop", HOUR), "another's"),
        (Token("elsewhere", "bob", "bob-phone", HOUR, 1), "forged"),
    ],
)
def test_a_token_that_is_not_the_device_s_own_is_refused(token: Token, why: str) -> None:
    history = connects_with(token)
    assert [x.why for x in of(history, e.ConnectionRefused)] == [why]
    assert not of(history, e.SessionRegistered, epoch=99)


def test_a_revoked_device_is_thrown_out_and_kept_out() -> None:
    deployment = deploy()
    for gateway in deployment.network.of_kind(Gateway):
        gateway.revoked.add("bob-phone")
    deployment.env.run_until(120 * SECOND)
    assert of(deployment.history, e.SessionDropped, device="bob-phone", why="token")
    assert of(deployment.history, e.ConnectionRefused, device="bob-phone", why="revoked")
    assert len(of(deployment.history, e.Connected, device="bob-phone")) == 1
    assert not of(deployment.history, e.ConnectionRefused, device="bob-laptop")


def test_a_token_that_expires_during_a_connection_is_renewed() -> None:
    class Short(Device):
        token_lifetime = 70 * SECOND

    outcome = Run(plan(duration=200 * SECOND), variant("short", device=Short)).execute()
    assert outcome.violations == []
    assert of(outcome.history, e.SessionDropped, why="token")
    assert len(of(outcome.history, e.Connected, device="bob-phone")) >= 2


def test_a_flood_is_slowed_down_and_nothing_is_lost() -> None:
    sends = tuple((5 * SECOND + i * 1_000, device) for i in range(20) for device in ("bob-phone", "bob-laptop"))

    class Narrow(Gateway):
        user_rate = 2
        user_burst = 3

    outcome = Run(plan(*(), sends=sends, duration=90 * SECOND), variant("narrow", gateway=Narrow)).execute()
    assert outcome.violations == []
    assert of(outcome.history, e.SendDeferred)
    times = [x.t for x in of(outcome.history, e.Persisted)]
    assert len(times) == 40
    assert times[-1] - times[0] > 8 * SECOND, "two a second at each of two gateways"


def test_a_conversation_has_a_limit_of_its_own() -> None:
    class Narrow(MessagingService):
        conversation_rate = 1
        conversation_burst = 1

    sends = tuple((5 * SECOND, device) for device in ("alice-phone", "bob-phone", "bob-laptop"))
    outcome = Run(plan(*(), sends=sends, duration=90 * SECOND), variant("narrow", service=Narrow)).execute()
    assert outcome.violations == []
    assert of(outcome.history, e.SendDeferred)
    assert len(of(outcome.history, e.Persisted)) == 3


def test_a_bucket_fills_at_its_rate_and_holds_no_more_than_its_burst() -> None:
    bucket = Bucket(rate=2, burst=3, now=0)
    assert [bucket.take(0) for _ in range(4)] == [0, 0, 0, 500_000]
    assert bucket.take(499_999) == 1
    assert bucket.take(500_000) == 0
    assert [bucket.take(10 * SECOND) for _ in range(4)] == [0, 0, 0, 500_000]


def test_the_abuse_hook_sees_every_send_and_may_block_or_delay() -> None:
    seen: list[tuple[str, int]] = []

    class Policy(MessagingService):
        def delays(self, send: Send) -> int:
            seen.append((send.message, send.attempt))
            return 300_000 if send.attempt == 1 else 0

        def blocks(self, send: Send) -> str:
            return "abuse" if send.sender == "bob" else ""

    sends = ((5 * SECOND, "alice-phone"), (6 * SECOND, "bob-phone"))
    outcome = Run(plan(*(), sends=sends), variant("policy", service=Policy)).execute()
    assert outcome.violations == []
    assert seen == [("alice-phone:1", 1), ("alice-phone:1", 2), ("bob-phone:1", 1), ("bob-phone:1", 2)]
    assert [x.reason for x in of(outcome.history, e.SendRefused)] == ["abuse"]
    assert [x.sender for x in of(outcome.history, e.Persisted)] == ["alice"]


def test_a_body_arrives_as_it_was() -> None:
    """Through send, retry, store, queue, push, crash and sync."""
    deployment: Deployment = deploy(topology=PAIR)
    deployment.devices["bob-phone"].suspend()
    mend = deployment.network.partition(lambda s, t: s.kind == "service" and t.kind == "gateway")
    deployment.devices["alice-phone"].send("talk", "Are you up?")
    deployment.env.run_until(15 * SECOND)
    mend()
    deployment.env.run_until(40 * SECOND)
    assert of(deployment.history, e.DuplicateRecognised), "the send was retried"
    deployment.devices["bob-phone"].wake("user")
    deployment.env.run_until(90 * SECOND)
    for device in deployment.devices.values():
        assert device.database["talk"].rows[1].body.open(device) == "Are you up?"


WRONG = {
    "the gateway believes everybody, and a device takes another's name": (
        "from model.servers.gateway import Gateway\nclass G(Gateway):\n    def refuses(self, hello):\n        return ''\n"
        "from model.device.device import Device\nfrom model.wire.client import Token\nclass D(Device):\n"
        "    def install(self):\n        self.user = 'alice'\n        super().install()\n"
        "    def token(self):\n        return Token('mallory', 'alice', self.name, 1 << 60, 0)\n",
        "sender-is-authentic",
    ),
    "a device that must wait gives up": (
        "from model.device.device import Device\n"
        "class D(Device):\n    def wait_after(self, retry_after):\n        return 1 << 50\n"
        "from model.servers.gateway import Gateway\nclass G(Gateway):\n    user_burst = 1\n    user_rate = 1\n",
        "every-send-is-answered",
    ),
}


@pytest.mark.requirement("V3")
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_decision_about_security_is_caught(name: str, tmp_path: Path) -> None:
    text, property = WRONG[name]
    file = tmp_path / "wrong.py"
    file.write_text(text)
    assert first_caught("ci", str(file), property)
