"""What a variant adds can be named: fields of payloads travel, and its crash points, messages and settings can be aimed at."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import SECOND, of, plan

from faults.kinds import CrashAt, DropAt
from faults.plan import Plan, PlanError, ProtocolRef, check, decode, encode
from model import events as e
from model.protocol import Protocol
from parley import variants
from parley.errors import BadInput
from parley.replaying import read_plan
from parley.runner import execute
from parley.scenario import decode as decode_scenario
from sim.history import Crashed, MessageLost
from tools.variants import FIELD, HOOK

pytestmark = pytest.mark.requirement("V3")

OWN = """\
from parley.variant import Device, Gateway, Heartbeat, Wire, setting


class Nudge(Wire, frozen=True):
    device: str


class NudgingDevice(Device):
    receives = {**Device.receives, Nudge: "on_nudge"}

    def on_nudge(self, nudge, connection):
        self.heartbeat()


class NudgingGateway(Gateway):
    points = (*Gateway.points, "nudging")
    nudge_after = setting(2_000_000, unit="µs", why="When a device is nudged.")

    def on_heartbeat(self, heartbeat, connection):
        super().on_heartbeat(heartbeat, connection)
        if connection.info.last_beat < 10_000_000:
            self.after(self.nudge_after, self._nudge, connection)

    def _nudge(self, connection):
        self.point("nudging", self._nudged, connection)

    def _nudged(self, connection):
        connection.send(self, Nudge(connection.info.device))
"""
"""A gateway that wakes its devices up, with a message, a crash point and a setting of its own."""

CRASH = CrashAt(node="gateway-1", point="nudging", down=SECOND)
LOSS = DropAt(kind="Nudge", a=("*",), b=("*",), nth=1)


@pytest.fixture
def nudging(tmp_path: Path) -> tuple[str, Protocol]:
    file = tmp_path / "nudging.py"
    file.write_text(OWN)
    return str(file), variants.load(str(file))


def short(spec: str, *faults: CrashAt | DropAt) -> Plan:
    made = plan(*faults, duration=20 * SECOND)
    return Plan(**{name: getattr(made, name) for name in made.__struct_fields__} | {"protocol": ProtocolRef(file=spec)})


def test_a_message_and_a_crash_point_of_a_variant_can_be_struck(nudging: tuple[str, Protocol]) -> None:
    spec, protocol = nudging
    check(short(spec, CRASH, LOSS), protocol=protocol)
    history = execute(short(spec, CRASH, LOSS), protocol).history
    assert [lost.kind for lost in of(history, MessageLost)] == ["Nudge"]
    assert [crash.point for crash in of(history, Crashed)] == ["nudging"]


def test_what_only_a_variant_has_is_refused_under_another_protocol() -> None:
    with pytest.raises(PlanError, match=r"faults\[0\].point: a gateway has no crash point 'nudging'"):
        check(short("", CRASH))
    with pytest.raises(PlanError, match=r"faults\[0\].kind: there is no message kind 'Nudge'"):
        check(short("", LOSS))


def test_a_plan_in_a_file_is_checked_against_the_protocol_that_it_is_run_with(
    nudging: tuple[str, Protocol], tmp_path: Path
) -> None:
    spec, _ = nudging
    file = tmp_path / "plan.json"
    file.write_bytes(encode(short(spec, CRASH, LOSS)))
    assert read_plan(file, trust=True)[0].faults == (CRASH, LOSS)
    with pytest.raises(BadInput, match=r"plan.json: \$.faults\[0\].point: a gateway has no crash point 'nudging'"):
        read_plan(file, "reference")
    with pytest.raises(PlanError, match="no crash point 'nudging'"):
        decode(encode(short("", CRASH)))
    misspelt = CrashAt(node="gateway-1", point="nudgin", down=SECOND)
    file.write_bytes(encode(short(spec, misspelt)))
    with pytest.raises(BadInput, match=r"it has connected, forwarding, pushed, acked, nudging"):
        read_plan(file, trust=True)


def test_a_scenario_sets_a_setting_of_a_variant(nudging: tuple[str, Protocol]) -> None:
    text = (Path(__file__).parent.parent.parent / "scenarios" / "w1.toml").read_text()
    text = text.replace("[topology]", '[settings]\n"gateway.nudge_after" = 7_000_000\n\n[topology]', 1)
    _, protocol = nudging
    assert decode_scenario(text.encode(), "own.toml", protocol).settings == {"gateway.nudge_after": 7_000_000}
    with pytest.raises(
        BadInput, match=r"own.toml: \$.settings.gateway.nudge_after: gateway has no setting 'nudge_after'"
    ):
        decode_scenario(text.encode(), "own.toml")


def test_a_field_of_a_variant_s_own_travels_and_is_ignored_by_who_knows_nothing_of_it(tmp_path: Path) -> None:
    file = tmp_path / "battery.py"
    file.write_text(FIELD)
    both = variants.load(str(file))
    beats = variants.load(f"{file}:Beats")
    lost = DropAt(kind="Heartbeat", a=("*",), b=("*",), nth=1)
    for protocol in (both, beats):
        outcome = execute(short(str(file), lost), protocol)
        assert not outcome.violated()
        assert [event.kind for event in of(outcome.history, MessageLost)] == ["BeatWithBattery"]
    check(short("", lost))


def test_the_page_s_hook_changes_what_is_pushed(tmp_path: Path) -> None:
    file = tmp_path / "deaf.py"
    file.write_text(HOOK)
    sends = ((5 * SECOND, "alice-phone"),)
    history = execute(plan(sends=sends, duration=40 * SECOND), variants.load(str(file))).history
    assert {stored.via for stored in of(history, e.Stored, device="bob-phone")} == {"push"}
    assert {stored.via for stored in of(history, e.Stored, device="bob-laptop")} == {"sync"}
