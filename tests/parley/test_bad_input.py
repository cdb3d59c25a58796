"""Bad input: one clear line that names the file, the path in it and what was expected; exit code 2; nothing written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support import ROOT, VARIANTS, parley, scenario

from faults.plan import ProtocolRef, encode
from parley.run import Run
from parley.scenario import BUNDLED, STORIES, find

CI = (ROOT / "scenarios" / "ci.toml").read_text()
W1 = (ROOT / "scenarios" / "w1.toml").read_text()

SCENARIOS = {
    "not TOML": (CI + "\n[[", "not TOML"),
    "another format": (CI.replace("format = 1", "format = 9"), "$.format: expected a scenario of format 1, got 9"),
    "no format": (CI.replace("format = 1", ""), "$.format: expected a scenario of format 1, got None"),
    "unknown key": (
        CI.replace("[campaign]", "[campaign]\ncolour = 3"),
        "$.campaign: there is no field 'colour' here; there are seeds,",
    ),
    "wrong type": (CI.replace("duration = 120_000_000", 'duration = "long"'), "$.duration: expected `int`, got `str`"),
    "negative duration": (
        CI.replace("duration = 120_000_000", "duration = -1"),
        "$.duration: expected at least 1 µs for a campaign, got -1",
    ),
    "a range upside down": (
        CI.replace("sends = [8, 40]", "sends = [9, 2]"),
        "$.campaign.sends: expected 0 <= least <= most, got [9, 2]",
    ),
    "an unknown fault kind": (
        CI + 'kinds = ["volcano"]\n',
        "$.campaign.kinds[0]: there is no fault 'volcano'; there are crash,",
    ),
    "a conversation without members": (
        CI.replace('members = ["alice", "bob"]', "members = []"),
        "$.topology.conversations[0].members: expected at least one member",
    ),
    "a member who doesn't exist": (
        CI.replace('members = ["alice", "bob"]', 'members = ["alice", "rob"]'),
        "$.topology.conversations[0].members[1]: expected the name of a user (alice, bob, carol), got 'rob'",
    ),
    "a device of nobody": (
        CI.replace('user = "carol"', 'user = "carl"'),
        "$.topology.devices[4].user: expected the name of a user (alice, bob, carol), got 'carl'",
    ),
    "a gateway in no region": (
        CI.replace('name = "edge-us"\nregion = "us"', 'name = "edge-us"\nregion = "mars"'),
        "$.topology.clusters[1].region: expected the name of a region (eu, us), got 'mars'",
    ),
    "a cluster without gateways": (
        CI.replace('gateways = ["gateway-3"]', "gateways = []"),
        "$.topology.clusters[1].gateways: expected at least one gateway",
    ),
    "two devices of one name": (
        CI.replace('"bob-laptop"', '"bob-phone"'),
        "expected one node called 'bob-phone', got more",
    ),
    "an impossible latency": (
        CI.replace(
            "[topology.core]",
            '[topology.latency]\nwifi = { distribution = "lognormal", median = 9, p99 = 1 }\n[topology.core]',
        ),
        "$.topology.latency[...]: expected 0 < median <= p99, got median = 9, p99 = 1",
    ),
    "an action by a stranger": (
        W1.replace(
            'do = "send"\nat = 5_000_000\ndevice = "alice-phone"', 'do = "send"\nat = 5_000_000\ndevice = "eve-phone"'
        ),
        "$.workload[0].device: this topology has no device 'eve-phone'",
    ),
    "an action after the end": (
        W1.replace("at = 130_000_000", "at = 199_000_000"),
        "$.workload[2].at: expected a time within",
    ),
    "an unknown action": (W1.replace('do = "send"\nat = 5', 'do = "sing"\nat = 5'), "sing"),
    "a fault without its node": (
        W1 + '\n[[faults]]\nfault = "crash"\nnode = "gateway-9"\ndown = 1\n',
        "$.faults[0].node: this topology has no node 'gateway-9'",
    ),
    "a crash point that isn't there": (
        W1 + '\n[[faults]]\nfault = "crash_at"\nnode = "gateway-1"\npoint = "lunch"\ndown = 1\n',
        "$.faults[0].point: a gateway has no crash point 'lunch'; it has connected, forwarding, pushed, acked",
    ),
    "a selector of nothing": (
        W1 + '\n[[faults]]\nfault = "partition"\na = ["kind:submarine"]\nb = ["*"]\nduration = 1\n',
        "$.faults[0].a[0]: this topology has nothing that 'kind:submarine' selects",
    ),
    "a probability of 2": (
        W1 + '\n[[faults]]\nfault = "loss"\na = ["*"]\nb = ["*"]\nduration = 1\nprobability = 2.0\n',
        "$.faults[0].probability: expected a probability above 0 and at most 1, got 2.0",
    ),
    "a message kind that isn't there": (
        W1 + '\n[[faults]]\nfault = "drop_at"\na = ["*"]\nb = ["*"]\nkind = "Postcard"\n',
        "$.faults[0].kind: there is no message kind 'Postcard'",
    ),
    "a negative downtime": (
        W1 + '\n[[faults]]\nfault = "crash"\nnode = "gateway-1"\ndown = -5\n',
        "$.faults[0].down: expected at least 0 µs, got -5",
    ),
    "a probability that is no number": (
        W1 + '\n[[faults]]\nfault = "drop_push"\nduration = 1\nprobability = nan\n',
        "$.faults[0].probability: expected a probability above 0 and at most 1, got nan",
    ),
    "a message that is early": (
        W1 + '\n[[faults]]\nfault = "delay_at"\na = ["*"]\nb = ["*"]\nkind = "PushMessage"\ndelay = -5\n',
        "$.faults[0].delay: expected at least 0 µs, got -5",
    ),
    "a latency below zero": (
        CI.replace(
            "[topology.core]", '[topology.latency]\nwifi = { distribution = "constant", value = -9 }\n[topology.core]'
        ),
        "$.topology.latency[...]: expected value >= 0, got -9",
    ),
    "a fault on no link": (
        W1 + '\n[[faults]]\nfault = "partition"\na = []\nb = ["*"]\nduration = 1\n',
        "$.faults[0].a: expected at least one selector",
    ),
    "a campaign of no seeds": (CI.replace("seeds = 200", "seeds = 0"), "$.campaign.seeds: expected at least 1, got 0"),
    "a swarm of 700 %": (
        CI + "kind_probability = 7.0\n",
        "$.campaign.kind_probability: expected a probability from 0 to 1, got 7.0",
    ),
    "a campaign without time": (
        CI.replace("duration = 120_000_000", "duration = 0"),
        "$.duration: expected at least 1 µs for a campaign, got 0",
    ),
    "a campaign in which nobody can send": (
        CI[: CI.index("[[topology.devices]]")]
        + '[[topology.devices]]\nname = "carol-phone"\nuser = "carol"\nregion = "eu"\n'
        + '[[topology.conversations]]\nname = "two"\nmembers = ["alice", "bob"]\n'
        + CI[CI.index("[campaign]") :],
        "$.topology.conversations: expected one with a member who has a device",
    ),
    "a name that leads out of the folder": (CI.replace('name = "ci"', 'name = "../ci"'), "$.name: expected a name"),
    "a seed below zero": (W1.replace("format = 1", "format = 1\nseed = -1"), "$.seed: expected at least 0, got -1"),
    "a target for no figure": (
        W1.replace("[targets]", "[targets]\nsend_to_deliverd_p99 = 5"),
        "$.targets: expected one of tap_to_screen, ",
    ),
    "a target for a segment that there is not": (
        W1.replace("[targets]", '[targets]\n"tap_to_screen_p99[segment=lively]" = 5'),
        "$.targets.\"tap_to_screen_p99[segment=lively]\": there is no segment 'lively' (did you mean 'live'?)",
    ),
    "a target for a region without devices": (
        W1.replace("[targets]", '[targets]\n"tap_to_screen_p99[region=mars]" = 5'),
        "$.targets.\"tap_to_screen_p99[region=mars]\": there is no region 'mars'; there",
    ),
    "a target for what is never measured": (
        W1.replace("[targets]", '[targets]\n"catch_up_to_screen_p99[segment=live]" = 5'),
        "catch_up_to_screen is never measured of segment 'live', only of interrupted, offline",
    ),
    "a checkpoint on a value of another type": (
        W1.replace("where = { seq = 1, by", 'where = { seq = "1", by'),
        "where.seq: expected `int`, got `str`",
    ),
    "a checkpoint on no event": (W1.replace('event = "Enqueued"', 'event = "Queued"'), "there is no event 'Queued'"),
    "a checkpoint on a misspelt event": (
        W1.replace('event = "Enqueued"', 'event = "Enqueud"'),
        "].event: there is no event 'Enqueud' (did you mean 'Enqueued'?)",
    ),
    "a misspelt key": (
        W1.replace("duration =", "duratoin ="),
        "$: there is no field 'duratoin' here (did you mean 'duration'?)",
    ),
    "a misspelt key of a campaign": (
        CI + "kind_probabilty = 0.5\n",
        "$.campaign: there is no field 'kind_probabilty' here (did you mean 'kind_probability'?)",
    ),
    "a misspelt kind in a campaign": (
        CI.replace("[campaign]", '[campaign]\nkinds = ["crash", "metoer"]'),
        "$.campaign.kinds[1]: there is no fault 'metoer' (did you mean 'restore'?)",
    ),
    "a misspelt setting": (
        W1 + '\n[settings]\n"devcie.send_timeout" = 5\n',
        "$.settings.devcie.send_timeout: there is no component 'devcie' (did you mean 'device'",
    ),
    "a checkpoint on no field": (
        W1.replace("where = { seq = 1, by", "where = { sequence = 1, by"),
        "has no field 'sequence'",
    ),
    "a campaign with a story": (W1 + "\n[campaign]\n", "a scenario with a campaign makes its own plans"),
}


@pytest.mark.parametrize("case", SCENARIOS)
def test_a_bad_scenario(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text, expected = SCENARIOS[case]
    file = tmp_path / "bad.toml"
    file.write_text(text)
    out = tmp_path / "out"
    assert parley("check", str(file), "--seeds", "3", "--out", str(out), monkeypatch=monkeypatch) == 2
    error = capsys.readouterr().err
    assert expected in error
    assert error.startswith(f"parley: {file}: ")
    assert error.count("\n") == 1, "one line"
    assert not out.exists(), "nothing half-written"
    assert parley("run", str(file), monkeypatch=monkeypatch) == 2
    assert expected in capsys.readouterr().err


def change(*path: Any, to: Any) -> bytes:
    """A valid plan of ci, with the value at a path replaced (or, with Ellipsis, removed)."""
    plan = json.loads(encode(scenario("ci").plan(1, ProtocolRef())))
    plan["faults"] = [{"fault": "crash", "node": "gateway-1", "down": 5}]
    at = plan
    for step in path[:-1]:
        at = at[step]
    if to is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return json.dumps(plan).encode()


PLANS = {
    "not JSON": (b"{", "$: Input data was truncated"),
    "not a plan": (b"{}", "$.parley_plan: expected a plan of version 1 or 2, got None"),
    "another version": (change("parley_plan", to=3), "$.parley_plan: expected a plan of version 1 or 2, got 3"),
    "unknown key": (
        change("mood", to="bad"),
        "$: there is no field 'mood' here; there are parley_plan, scenario, seed,",
    ),
    "missing key": (change("seed", to=...), "$: object missing required field `seed`"),
    "wrong type": (change("workload", 0, "at", to="noon"), "$.workload[0].at: expected `int`, got `str`"),
    "a seed below zero": (change("seed", to=-1), "$.seed: expected at least 0, got -1"),
    "another topology's device": (
        change("workload", 0, "device", to="dave-phone"),
        "$.workload[0].device: this topology has no device 'dave-phone'",
    ),
    "another topology's node": (
        change("faults", 0, "node", to="gateway-9"),
        "$.faults[0].node: this topology has no node",
    ),
    "an unknown fault": (
        change("faults", 0, "fault", to="volcano"),
        "$.faults[0].fault: there is no fault 'volcano'; there are crash, crash_at, hold_down,",
    ),
    "a misspelt fault": (
        change("faults", 0, "fault", to="crsh"),
        "$.faults[0].fault: there is no fault 'crsh' (did you mean 'crash' or 'crash_at'?)",
    ),
    "a misspelt action": (
        change("workload", 0, "do", to="snd"),
        "$.workload[0].do: there is no action 'snd' (did you mean 'send'?)",
    ),
    "a misspelt field of a fault": (
        change("faults", 0, to={"fault": "crash", "node": "gateway-1", "donw": 5}),
        "$.faults[0]: there is no field 'donw' here (did you mean 'down'?)",
    ),
    "a misspelt field of the topology": (
        change("topology", "devices", 1, to={"acess": "wifi"}),
        "$.topology.devices[1]: there is no field 'acess' here (did you mean 'access'?)",
    ),
    "a misspelt node": (
        change("faults", 0, "node", to="gatway-1"),
        "$.faults[0].node: this topology has no node 'gatway-1' (did you mean 'gateway-1'?)",
    ),
    "a misspelt distribution": (
        change("topology", "latency", to={"wifi": {"distribution": "unifrm"}}),
        "there is no distribution 'unifrm' (did you mean 'uniform'?)",
    ),
    "a misspelt message kind": (
        change(
            "faults", 0, to={"fault": "unanswered", "a": ["*"], "b": ["*"], "kinds": ["Sync", "Akc"], "duration": 1}
        ),
        "$.faults[0].kinds[0]: there is no message kind 'Sync' (did you mean 'SyncRead' or 'SyncPage'?)",
    ),
    "a misspelt event": (
        change("faults", 0, to={"fault": "hold_down", "node": "store-1", "until": "Persited", "most": 5}),
        "$.faults[0].until: there is no event 'Persited' (did you mean 'Persisted'?)",
    ),
    "a clock that runs backwards": (
        change("faults", 0, to={"fault": "clock_drift", "node": "store-1", "rate": -1_000_000, "duration": 5}),
        "$.faults[0].rate: expected from -500000 to 500000 µs a second, got -1000000",
    ),
    "a slow node that is fast": (
        change("faults", 0, to={"fault": "slow_node", "node": "store-1", "factor": 0, "duration": 5}),
        "$.faults[0].factor: expected at least 1, got 0",
    ),
    "a share of nothing": (
        change("faults", 0, to={"fault": "partial_partition", "a": ["*"], "b": ["*"], "share": 0.0, "duration": 5}),
        "$.faults[0].share: expected a probability above 0 and at most 1, got 0.0",
    ),
    "a token of another kind": (
        change(
            "faults", 0, to={"fault": "bad_token", "device": "alice-phone", "gateway": "gateway-1", "token": "good"}
        ),
        "$.faults[0].token: expected one of ",
    ),
    "a missing variant": (
        change("protocol", to={"name": "x", "file": "nowhere.py"}),
        "$.protocol.file: nowhere.py: there is no such variant file",
    ),
}


@pytest.mark.parametrize("case", PLANS)
def test_a_bad_plan(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data, expected = PLANS[case]
    file = tmp_path / "bad.json"
    file.write_bytes(data)
    history = tmp_path / "history.jsonl"
    assert parley("replay", str(file), "--history", str(history), monkeypatch=monkeypatch) == 2
    error = capsys.readouterr().err
    assert expected in error
    assert error.startswith(f"parley: {file}: ")
    assert error.count("\n") == 1
    assert not history.exists()


VARIANT_HEAD = """\
from model.protocol import variant
from model.device.device import Device
from model.servers.queue import DeliveryQueue
"""
VARIANT_FILES = {
    "a syntax error": ("def broken(:\n", ":1: "),
    "a failing import": ("import no_such_module_at_all\n", ":1: ModuleNotFoundError"),
    "an error at the top": (VARIANT_HEAD + "1 / 0\n", ":4: ZeroDivisionError: division by zero"),
    "an exit at the top": ("import sys\nsys.exit(0)\n", ":2: SystemExit: 0"),
    "an exit while it runs": (
        VARIANT_HEAD + "class D(Device):\n    def next_cursor(self, cursor, waiting):\n        raise SystemExit(0)\n",
        ":6: SystemExit: 0 (in scenario ci, seed 1, at",
    ),
    "an error of several lines": (VARIANT_HEAD + "raise ValueError('one\\ntwo')\n", ":4: ValueError: one two"),
    "not text": ("\0", ":1: source code string cannot contain null bytes"),
    "a name that is none": (VARIANT_HEAD + "PROTOCOL = variant(5)\n", "name: expected a text, got 5"),
    "nothing in it": ("x = 1\n", "expected a Protocol or a subclass of a component, found neither"),
    "a misspelt decision": (
        VARIANT_HEAD + "class D(Device):\n    def next_curser(self, cursor, waiting):\n        return cursor\n",
        ":5: device: D.next_curser overrides nothing: Device has no 'next_curser' (did you mean 'next_cursor'?)",
    ),
    "another signature": (
        VARIANT_HEAD + "class D(Device):\n    def next_cursor(self, cursor):\n        return cursor\n",
        ":5: device: D.next_cursor: expected the parameters (self, cursor, waiting), got (self, cursor)",
    ),
    "an impossible setting": (
        VARIANT_HEAD + "class Q(DeliveryQueue):\n    visibility_timeout = 'long'\n",
        ":5: queue: Q.visibility_timeout: expected a whole number of at least 0, got 'long'",
    ),
    "a value for a method": (
        VARIANT_HEAD + "class D(Device):\n    next_cursor = 3\n",
        ":5: device: D.next_cursor: expected a method, got 3",
    ),
    "an unknown component": (
        VARIANT_HEAD + "class D(Device):\n    pass\nPROTOCOL = variant('x', phone=D)\n",
        ":6: there is no component 'phone'; there are device, gateway",
    ),
    "a class in the wrong place": (
        VARIANT_HEAD + "class D(Device):\n    pass\nPROTOCOL = variant('x', queue=D)\n",
        "queue: expected a subclass of DeliveryQueue",
    ),
    "two of a kind": (
        VARIANT_HEAD + "class A(Device):\n    pass\nclass B(Device):\n    pass\n",
        "A and B both are a device; choose one",
    ),
    "two protocols": (
        VARIANT_HEAD + "A = variant('a')\nB = variant('b')\n",
        "it has several protocols; choose one",
    ),
    "an error while it starts": (
        VARIANT_HEAD + "class D(Device):\n    def boot(self):\n        raise RuntimeError('no boot today')\n",
        ":6: RuntimeError: no boot today (in scenario ci, seed 1, at 0 µs)",
    ),
    "an answer of the wrong type": (
        VARIANT_HEAD + "class D(Device):\n    def next_cursor(self, cursor, waiting):\n        return None\n",
        "bad.py:5: D.next_cursor returned None: expected a whole number: a seq (in scenario ci, seed 1, at ",
    ),
    "a handler that yields nonsense": (
        VARIANT_HEAD + "from model.servers.service import MessagingService\nclass S(MessagingService):\n"
        "    def accept(self, send, call):\n        yield 5\n",
        "Invalid yield value",
    ),
    "an error while it runs": (
        VARIANT_HEAD + "class D(Device):\n    def next_cursor(self, cursor, waiting):\n        return cursor + None\n",
        ":6: TypeError: unsupported operand type(s)",
    ),
}


@pytest.mark.parametrize("case", VARIANT_FILES)
def test_a_bad_variant(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text, expected = VARIANT_FILES[case]
    file = tmp_path / "bad.py"
    file.write_text(text)
    out = tmp_path / "out"
    arguments = ("check", "ci", "--seeds", "2", "--jobs", "1", "--protocol", str(file), "--out", str(out))
    assert parley(*arguments, monkeypatch=monkeypatch) == 2
    error = capsys.readouterr().err
    assert expected in error
    assert str(file) in error
    assert error.count("\n") == 1
    assert not out.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["bad.py"], "not even a byte-code cache"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("check", "no-such-scenario"), "no bundled scenario or story of this name; there are armed, churn, ci,"),
        (("run", "devcies"), "no bundled scenario or story of this name (did you mean 'devices' or 'levels'?)"),
        (("search", "plian"), "no bundled scenario or story of this name (did you mean 'plain'?)"),
        (("run", "missing.toml"), "missing.toml: No such file or directory"),
        (("replay", "missing.json"), "missing.json: No such file or directory"),
        (
            ("check", "ci", "--protocol", "missing.py"),
            "missing.py: there is no such variant file, and no protocol of this name; there are reference, on-write,",
        ),
        (
            ("check", "ci", "--protocol", f"{VARIANTS}/no_relay.py:Nothing"),
            "no_relay.py: there is no 'Nothing'; there are NoRelay, PROTOCOL",
        ),
        (
            ("check", "ci", "--protocol", f"{VARIANTS}/no_relay.py:variant"),
            "no_relay.py: 'variant' is neither a Protocol nor a component class; there are NoRelay, PROTOCOL",
        ),
        (
            ("replay", f"{VARIANTS}/no_relay.py"),
            "expected a plan, a JSON file as a failed run leaves it, got a Python file",
        ),
        (("shrink", f"{VARIANTS}/no_relay.py"), "`parley check --protocol "),
        (("replay", "scenarios/w1.toml"), "got a scenario; `parley run scenarios/w1.toml` runs it"),
        (("check", "ci", "--out", "/proc/none"), "/proc/none"),
        (("check", "w1", "w1"), "two of these scenarios have the same name"),
        (("run", "w1", "--history", "/proc/none/history.jsonl"), "/proc/none: "),
    ],
)
def test_bad_arguments(
    arguments: tuple[str, ...], expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert parley(*arguments, monkeypatch=monkeypatch) == 2
    assert expected in capsys.readouterr().err


def test_the_name_of_a_story_is_found_as_that_of_a_campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a campaign and a story have the same name, `radius` means the story: a campaign has no default schedule."""
    assert find("devices") == find("stories/devices") == STORIES / "devices.toml"
    assert find("push") == BUNDLED / "push.toml"
    assert find("push", (STORIES, BUNDLED)) == find("stories/push") == STORIES / "push.toml"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plain").mkdir()
    assert parley("search", "plain", "--budget", "1", monkeypatch=monkeypatch) == 0, "not the folder of this name"
    for name in ("plain", "push"):
        assert parley("radius", name, "--k", "0", monkeypatch=monkeypatch) == 0


def test_an_interrupted_command_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Typer would end it with the right code and without a word."""

    def stopping(run: Run) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Run, "execute", stopping)
    assert parley("run", "w1", monkeypatch=monkeypatch) == 130
    assert capsys.readouterr().err == "parley: interrupted\n"


def test_a_name_chooses_among_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "several.py"
    file.write_text(
        VARIANT_HEAD + "class A(Device):\n    pass\nclass B(Device):\n    pass\nC = variant('c', device=B)\n"
    )
    for name in ("A", "B", "C"):
        assert parley("run", "w1", "--protocol", f"{file}:{name}", monkeypatch=monkeypatch) == 0
