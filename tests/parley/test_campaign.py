"""Campaigns: the same bytes however many workers there are, nothing lost at an interruption, goals that must be reached."""

from __future__ import annotations

import html
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from support import ROOT, SECOND, VARIANTS, begun, parley, scenario

from faults import cells
from faults.kinds import KINDS
from faults.plan import ProtocolRef
from model.device.device import Device
from model.protocol import configured
from parley import variants
from parley.campaign import run_all
from parley.run import Run
from properties import goals
from reports.metrics import summary as summaries
from reports.pages.html import render
from reports.text.terminal import verdict_line


@pytest.mark.requirement("V7", "R3")
def test_one_worker_and_two_give_the_same_bytes() -> None:
    chosen = [(scenario("w1"), [1]), (scenario("ci"), range(1, 21))]
    one = run_all(chosen, "", jobs=1)
    two = run_all(chosen, "", jobs=2)
    assert summaries.encode(one) == summaries.encode(two)
    assert render(one, {"w1": "a", "ci": "b"}) == render(two, {"w1": "a", "ci": "b"})


@pytest.mark.requirement("R3")
def test_the_page_s_commands_repeat_its_digests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file's name is not its scenario's (w2_no_push.toml is w2-no-push), and one run's digest is its own."""
    assert parley("check", "w2_no_push", "w3", "--out", str(tmp_path), monkeypatch=monkeypatch) == 0
    page = html.unescape((tmp_path / "report.html").read_text())
    commands = re.findall(r"parley (run .+?)    # digest (\w+)", page)
    assert len(commands) == 2
    capsys.readouterr()
    for command, digest in commands:
        assert parley(*command.split(), monkeypatch=monkeypatch) == 0
        assert f"digest {digest}" in capsys.readouterr().out


def test_a_plan_s_faults_are_told_without_python(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert parley("run", "w3", monkeypatch=monkeypatch) == 0
    assert "a=kind:gateway b=bob-phone" in " ".join(capsys.readouterr().out.split())


@pytest.mark.requirement("V4")
def test_a_campaign_as_long_as_it_is_meant_to_be_fails_without_its_goals() -> None:
    loaded = scenario("ci")
    assert loaded.campaign is not None
    quiet = msgspec.structs.replace(loaded.campaign, faults=(0, 0), seeds=4, themes=())
    calm = msgspec.structs.replace(scenario("ci"), campaign=quiet)
    full = run_all([(calm, range(1, 5))], "", jobs=1)
    assert not full.ok
    assert goals.fault_goal("crash") in full.missing_goals
    assert "a lease expired" in full.missing_goals
    assert "a leader was replaced" in full.missing_goals
    core = msgspec.structs.replace(calm.topology.core, replicas=1)
    alone = msgspec.structs.replace(calm, topology=msgspec.structs.replace(calm.topology, core=core))
    expected = [goal for goal in full.missing_goals if goal not in goals.ONLY_REPLICATED]
    assert run_all([(alone, range(1, 5))], "", jobs=1).missing_goals == expected, "one replica has no fail-over"
    short = run_all([(calm, range(1, 3))], "", jobs=1)
    assert short.missing_goals == [], "a few seeds are not held to the goals of a campaign"


@pytest.mark.requirement("V4", "F1", "F2", "F3", "F4", "F7", "F8")
def test_the_ci_campaign_reaches_every_goal_fires_every_kind_of_fault_and_finds_nothing() -> None:
    """What every change has to survive: the 200 seeds of ci.toml on the reference protocol."""
    loaded = scenario("ci")
    assert loaded.campaign is not None
    found = run_all([(loaded, range(1, loaded.campaign.seeds + 1))], "", jobs=1)
    assert found.failed_runs == []
    assert found.missing_goals == []
    assert all(found.faults[kind] for kind in loaded.campaign.every_kind())
    untested = [name for name, statuses in found.statuses.items() if not statuses.get("holds")]
    assert sorted(untested) == [
        "abuse-policy-is-kept", "cleaned-devices-come-back-whole", "conversations-begin-as-asked", "epochs-never-go-back",
        "gaps-are-known", "heads-stay-inside", "history-pages-are-in-order", "history-pages-are-whole",
        "membership-takes-turns", "receipt-counts-are-right", "refused-is-not-shown",
        "removed-is-old", "sessions-need-a-token", "stops-are-gentle", "turned-away-is-told",
    ], "they need shards, joins and leaves, retention, strangers at the upgrade, stops, or a campaign of their own"  # fmt: skip


STRAGGLERS = """
from model.servers.notification import NotificationService
from model.servers.registry import SessionRegistry
from model.store.store import MessageStore


class LastOne(SessionRegistry):
    def replaces(self, known, new):
        return True


class AnyInstallation(MessageStore):
    def outdated(self, known, acking):
        return False


class OwnHandsets(NotificationService):
    def loses_token(self, other, row, update):
        return row.user != update.user
"""


@pytest.mark.requirement("V4", "P15")
def test_the_stragglers_put_to_the_test_what_comes_late_and_who_has_no_good_token(tmp_path: Path) -> None:
    """No other campaign does. That a registration is late costs time alone: no promise rests on the registry."""
    file = tmp_path / "late.py"
    file.write_text(STRAGGLERS)
    found = run_all([(scenario("stragglers"), range(1, 7))], str(file), jobs=1)
    differed = {name: asked.different for name, asked in found.asked.items()}
    assert all(differed[name] for name in ("registry.replaces", "store.outdated", "notification.loses_token")), differed
    broken = {failure.property for run in found.failed_runs for failure in run.failures}
    assert {"stored-cursor-is-monotone", "one-device-per-token"} <= broken
    late = run_all([(scenario("stragglers"), range(1, 7))], f"{file}:LastOne", jobs=1)
    assert late.asked["registry.replaces"].different
    assert late.failed_runs == []
    assert late.goals["a bad token was refused"]
    assert late.statuses["sessions-need-a-token"].get("holds")


@pytest.mark.requirement("V4")
def test_a_goal_that_needs_a_kind_of_fault_is_asked_of_campaigns_that_choose_it() -> None:
    loaded = scenario("stragglers")
    assert loaded.campaign is not None
    few = msgspec.structs.replace(loaded.campaign, seeds=1, faults=(0, 0))
    ran = {
        kinds: run_all(
            [(msgspec.structs.replace(loaded, campaign=msgspec.structs.replace(few, kinds=kinds)), [1])], "", jobs=1
        )
        for kinds in (("bad_token",), ("sleep",))
    }
    missing = {kinds: campaign.missing_goals for kinds, campaign in ran.items()}
    demanded, beside = ran["bad_token",].never_reached(), dict(ran["sleep",].never_reached())
    assert demanded[0][0] == "demanded"
    assert "a bad token was refused" in demanded[0][1]
    assert "a bad token was refused" in beside["not demanded of these runs"]
    assert "a bad token was refused" in ran["sleep",].demands().partition("; not ")[2]
    assert "a bad token was refused" not in ran["bad_token",].demands()
    assert "a bad token was refused" in missing["bad_token",]
    assert "a bad token was refused" not in missing["sleep",]
    assert "a push was dropped, and the device converged all the same" not in missing["sleep",]


@pytest.mark.requirement("V4")
def test_a_goal_that_needs_a_tight_limit_is_asked_of_campaigns_that_set_it_below_its_default() -> None:
    loaded = scenario("overload")
    assert loaded.campaign is not None
    few = msgspec.structs.replace(loaded.campaign, seeds=1, faults=(0, 0), sends=(1, 1))
    for burst, asked in ((19, True), (20, False), (100, False)):
        settings = {**loaded.settings, "gateway.user_burst": burst}
        found = run_all([(msgspec.structs.replace(loaded, settings=settings, campaign=few), [1])], "", jobs=1)
        assert ("a limit bit at a gateway" in found.missing_goals) is asked


@pytest.mark.requirement("V4")
def test_a_campaign_says_where_its_faults_struck_and_where_they_never_did() -> None:
    found = run_all([(scenario("sharded"), range(1, 7))], "leased", jobs=1)
    points, states = found.coverage.points, found.coverage.states
    for kind, row in states.items():
        assert sum(row.values()) == found.faults[kind], "each strike is in one state"
    for kind in ("crash_at", "pause_at", "fail_over_at", "kill_app_at"):
        assert sum(row.get(kind, 0) for row in points.values()) == found.faults[kind]
    assert any(count for row in points.values() for count in row.values())
    assert any(not count for row in points.values() for count in row.values())
    assert "shard:allocated" in points
    assert "cache:loaded" not in points, "this deployment has none"
    assert "kill_app_at" not in points["store:committed"]
    assert "slow_node_at" not in points["store:committed"], "this campaign does not choose it"


@pytest.mark.requirement("V4", "P17", "F1", "F2")
def test_every_kind_of_fault_strikes_where_a_delivery_was_given_up_and_every_step_of_a_device_is_struck() -> None:
    """No other campaign gets there: FAILED needs a short time to live, and only nightly aims at devices else."""
    loaded = scenario("given_up")
    assert loaded.campaign is not None
    found = run_all([(loaded, range(1, loaded.campaign.seeds + 1))], "", jobs=1)
    assert (found.failed_runs, found.missing_goals) == ([], [])
    points, states = found.coverage.points, found.coverage.states
    assert states.keys() == KINDS.keys()
    assert [kind for kind, row in states.items() if not row["FAILED"]] == []
    steps = [f"device:{point}" for point in Device.points]
    for kind in ("crash_at", "pause_at"):
        assert [step for step in steps if not points[step][kind]] == []


@pytest.mark.requirement("V4")
def test_what_a_campaign_can_t_reach_does_not_count_as_reachable() -> None:
    """And what it could and did not, does: no run is made here."""

    def reachable(name: str, spec: str = "", *, settings: Mapping[str, int] | None = None) -> set[cells.Cell]:
        its = scenario(name)
        assert its.campaign is not None
        protocol = configured(variants.load(spec), {**its.settings, **(settings or {})})
        return set(cells.within(its.topology, its.duration, protocol, its.campaign))

    def states(found: set[cells.Cell]) -> set[str]:
        return {state for state, _, _ in found}

    def kinds_at(found: set[cells.Cell], point: str) -> set[str]:
        return {kind for _, event, kind in found if event == point}

    assert "FAILED" not in states(reachable("ci")), "a time to live of weeks"
    assert "FAILED" in states(reachable("nightly")), "stuck after a minute"
    assert "FAILED" in states(reachable("ci", settings={"worker.time_to_live": SECOND}))
    assert kinds_at(reachable("ci"), "device:stored") == {"kill_app_at"}
    assert {"crash_at", "pause_at", "kill_app_at"} <= kinds_at(reachable("nightly"), "device:stored")
    assert "expire_leases_at" not in kinds_at(reachable("nightly"), "device:stored")
    assert "expire_leases_at" in kinds_at(reachable("nightly"), "worker:leased")
    assert kinds_at(reachable("sharded"), "shard:allocated") == set()
    assert "crash_at" in kinds_at(reachable("sharded", "leased"), "shard:allocated")
    assert kinds_at(reachable("nightly"), "worker:distributed") == set()
    assert "crash_at" in kinds_at(reachable("nightly", "on-write"), "worker:distributed")


@pytest.mark.parametrize("name", ["ci", "nightly", "sharded", "w2", "w5"])
def test_a_run_of_a_bundled_scenario_is_far_from_being_given_up_as_endless(name: str) -> None:
    loaded = scenario(name)
    for seed in range(1, 6 if loaded.campaign else 2):
        run = Run(loaded.plan(seed, ProtocolRef()), variants.load("leased" if name == "sharded" else ""))
        run.execute()
        env = run.deployment.env
        assert next(env._eid) * 10 < env.budget


@pytest.mark.requirement("W1", "W2", "W3", "W5")
@pytest.mark.parametrize("name", ["w1", "w2", "w2_no_push", "w3", "w5"])
def test_a_walkthrough_passes_its_checkpoints_in_order(name: str) -> None:
    loaded = scenario(name)
    found = run_all([(loaded, [loaded.seed])], "", jobs=1)
    assert found.failed_runs == []
    times = [checkpoint.at for checkpoint in found.scenarios[0].checkpoints]
    assert len(times) >= 10
    assert None not in times
    assert times == sorted(t for t in times if t is not None)


@pytest.mark.requirement("W3")
def test_a_checkpoint_that_is_not_passed_fails_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "scenarios" / "w3.toml").read_text().replace("count = 1,", "count = 7,")
    file = tmp_path / "other.toml"
    file.write_text(text)
    assert parley("run", str(file), monkeypatch=monkeypatch) == 4
    assert "not passed  1042 is streamed again" in capsys.readouterr().out


def test_a_campaign_leaves_only_its_own_plans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CI job that uploads plans/ must not upload the counterexamples of a protocol that was mended since.

    But what was shrunk is kept, and so is what another protocol left, under names that say whose it is.
    """

    def check(protocol: str, seeds: int) -> int:
        some = ("--protocol", protocol, "--seeds", str(seeds), "--jobs", "1", "--out", str(tmp_path))
        return parley("check", "ci", *some, monkeypatch=monkeypatch)

    file = tmp_path / "no_dedupe.py"
    wrong = (VARIANTS / "no_dedupe.py").read_text()
    file.write_text(wrong)
    assert check(str(file), 12) == 1
    plans = tmp_path / "plans"
    failed = sorted(path.name for path in plans.iterdir())
    assert failed
    assert all(name.startswith("no-dedupe-ci-") for name in failed)
    kept = ["no-dedupe-ci-11.one-row-per-message.json", "test_no_dedupe_ci_11_one_row_per_message.py"]
    mine = [*kept, "ci-notes.json", "machine-reference.json", "my-ci-1.json"]
    for name in (*mine, "ci-1.json"):
        (plans / name).write_text("{}")

    assert check("reference", 2) == 0
    assert sorted(path.name for path in plans.iterdir()) == sorted([*mine, *failed]), "the reference's own plan is gone"
    (tmp_path / "mended").mkdir()
    mended = tmp_path / "mended" / "no_dedupe.py"
    mended.write_text('from model.protocol import variant\n\nPROTOCOL = variant("no-dedupe")\n')
    assert check(str(mended), 2) == 0
    assert sorted(path.name for path in plans.iterdir()) == sorted(mine)


@pytest.mark.requirement("F1")
def test_a_run_names_the_faults_of_its_plan_that_never_struck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that passes because its crash waits for a 99th time that never came says nothing of the crash."""
    crash = '[[faults]]\nfault = "crash_at"\npoint = "persisted"\nnode = "messaging-2"\ndown = 1_000_000\nnth = {}\n'
    file = tmp_path / "one.toml"
    plain = re.sub(r"\[targets\]\n(.+\n)+", "", (ROOT / "scenarios/stories/plain.toml").read_text())
    file.write_text(f"{plain}\n{crash.format(1)}\n{crash.format(99)}")
    assert parley("run", str(file), monkeypatch=monkeypatch) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("never struck")]
    assert told == ["never struck  from 0 s  crash_at point=persisted nth=99 node=messaging-2 down=1s"]


@pytest.mark.parametrize(("sent", "jobs"), [(signal.SIGINT, 2), (signal.SIGINT, 1), (signal.SIGTERM, 2)])
def test_an_interruption_keeps_what_was_finished(sent: signal.Signals, jobs: int, tmp_path: Path) -> None:
    """A long campaign on a variant that fails: at the interruption its plans, verdict and report are there, and whole.

    Ctrl-C reaches the whole group of processes; a SIGTERM only the first, whose workers must not outlive it for long.
    """
    command = ["check", "ci", "--seeds", "100000", "--jobs", str(jobs)]
    command += ["--out", str(tmp_path), "--protocol", str(VARIANTS / "close_on_push.py")]
    with begun(*command) as process:
        deadline = time.monotonic() + 60
        while len(list(tmp_path.glob("plans/*.json"))) < 30 and time.monotonic() < deadline:
            time.sleep(0.1)
        (os.killpg if sent == signal.SIGINT else os.kill)(process.pid, sent)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert "Traceback" not in err
    verdict = json.loads((tmp_path / "verdict.json").read_bytes())
    assert verdict["complete"] is False
    assert verdict["runs"] >= 30
    assert len(verdict["failed_runs"]) == len(list(tmp_path.glob("plans/*.json")))
    assert "Violated" in (tmp_path / "report.html").read_text()
    assert not [path for path in tmp_path.rglob(".*") if path.is_file()], "no partial file"


def test_an_error_in_parley_is_told_apart(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from model.device.device import Device

    def broken(self: Device, *_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(Device, "on_welcome", broken)
    assert parley("run", "w1", monkeypatch=monkeypatch) == 3
    error = capsys.readouterr().err
    assert "internal error: in scenario w1, seed 1" in error
    assert "a mistake of ours" in error


@pytest.mark.requirement("V2")
@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("    def boot(self):\n        super().boot()\n        self._spin(None)\n\n"
         "    def _spin(self, _):\n        self.after(0, self._spin)\n", "time stands still at 0 µs"),
        ("    def boot(self):\n        super().boot()\n        self._spin(None)\n\n"
         "    def _spin(self, _):\n        self.after(50, self._spin)\n", "something is repeated without end"),
    ],
)  # fmt: skip
def test_a_variant_that_never_comes_to_rest_is_stopped_and_judged(
    body: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "spin.py"
    file.write_text("from model.device.device import Device\n\n\nclass Spin(Device):\n" + body)
    assert parley("run", "w1", "--protocol", str(file), monkeypatch=monkeypatch) == 1
    told = capsys.readouterr().out
    assert "no-livelock" in told
    assert why in told


@pytest.mark.requirement("R7")
def test_a_history_is_exported_as_json_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from model.events import AnyEvent
    from sim.history import digest

    file = tmp_path / "history.jsonl"
    assert parley("run", "w3", "--history", str(file), monkeypatch=monkeypatch) == 0
    header, *lines = file.read_bytes().splitlines()
    events = [msgspec.json.decode(line, type=AnyEvent) for line in lines]
    described = json.loads(header)
    assert described["parley_history"] == 1
    assert described["events"] == len(events)
    assert described["digest"] == digest(events), "every field of every event has the type that the vocabulary says"


def test_whoever_reads_a_few_lines_is_told_of_no_violation() -> None:
    """`parley … | head` ends like any tool whose reader has gone, and not with the 1 of a violation."""
    command = [sys.executable, "-m", "parley", "run", "w3", "--story"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 128 + signal.SIGPIPE


def test_an_ascii_terminal_is_no_internal_error() -> None:
    command = [sys.executable, "-m", "parley", "run", "w1", "--story"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"PASS" in done.stdout


@pytest.mark.requirement("R1")
def test_a_target_that_is_missed_fails_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a story in each run; of a campaign if it ran as many seeds as it is meant to: of a few, a share says little."""
    w1 = (ROOT / "scenarios" / "w1.toml").read_text()
    mine = tmp_path / "mine.toml"
    mine.write_text(w1.replace("send_to_persisted_p99 = { most = 500_000", "send_to_persisted_p99 = { most = 1"))
    assert parley("run", "w1", monkeypatch=monkeypatch) == 0
    assert "met" in capsys.readouterr().out
    assert parley("run", str(mine), monkeypatch=monkeypatch) == 1
    missed = r"TARGET MISSED  w1: send → persisted, p99 is [\d.]+ ms, asked for ≤ 1 µs"
    assert re.search(missed, capsys.readouterr().out)
    assert parley("check", str(mine), "--out", str(tmp_path), monkeypatch=monkeypatch) == 1
    found = json.loads((tmp_path / "verdict.json").read_text())
    assert (found["ok"], found["violated"], len(found["missed_targets"])) == (False, [], 1)
    assert "Target missed" in (tmp_path / "report.html").read_text()
    loaded = scenario("ci")
    assert loaded.campaign is not None
    few = msgspec.structs.replace(loaded.campaign, faults=(0, 0), seeds=2)
    strict = msgspec.structs.replace(
        loaded, campaign=few, targets={"send_to_persisted_p99": 1, "offline_sync_lag_max": 1}
    )
    full = run_all([(strict, range(1, 3))], "", jobs=1)
    assert not full.ok
    assert {told.partition(":")[2].partition(",")[0].strip() for told in full.missed_targets} == {
        "send → persisted",
        "offline sync lag",
    }
    half = run_all([(strict, range(1, 2))], "", jobs=1)
    assert half.missed_targets == []
    said = "hold; 2 targets missed so far, which counts if all seeds of the campaign are run"
    assert said in verdict_line(half)
