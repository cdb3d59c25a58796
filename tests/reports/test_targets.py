"""Targets can fail: each kind of them that a bundled scenario has is missed by some protocol, by a fifth at least."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
import slow_protocols
from support import ROOT, parley

from parley.scenario import BUNDLED, STORIES, Scenario, read
from reports.metrics.summary import asked_of
from sim.verdicts import MISSED

Kind = tuple[str, str, str]
"""A figure or a share, the segment and the phase ('' if the target is of all of them)."""

CASES: dict[Kind, tuple[str, str]] = {
    ("tap_to_screen", "live", "calm"): ("levels", "LATE_PUSHES"),
    ("tap_to_screen", "live", "faults"): ("levels", "CAUTIOUS"),
    ("tap_to_screen", "reconnected", "faults"): ("levels", "DEAF_AFTER_A_RECONNECT"),
    ("catch_up_to_screen", "offline", "faults"): ("cleaned", "SLOW_TO_CATCH_UP"),
    ("catch_up_to_screen", "", ""): ("w2", "SLOW_TO_CATCH_UP"),
    ("catch_up_to_screen", "", "faults"): ("stories/devices", "SLOW_TO_CATCH_UP"),
    ("tap_to_notification", "", ""): ("w2", "LATE_NOTIFICATIONS"),
    ("send_to_accepted", "", "calm"): ("levels", "LATE_ANSWERS"),
    ("send_to_accepted", "", "faults"): ("levels", "SLOW_TO_BELIEVE"),
    ("send_to_accepted", "", ""): ("w1", "LATE_ANSWERS"),
    ("send_to_persisted", "", ""): ("w1", "SLOW_SENDS"),
    ("send_to_delivered", "", ""): ("w1", "LATE_PUSHES"),
    ("catch_up_to_screen", "offline", "calm"): ("levels", "SLOW_AT_FIRST"),
    ("queue_lag", "", ""): ("levels", "SLOW_QUEUE_AT_TIMES"),
    ("queue_lag", "", "calm"): ("levels", "SLOW_QUEUE_EARLY"),
    ("queue_lag", "", "faults"): ("levels", "SLOW_QUEUE_LATE"),
    ("connect_tries", "", "faults"): ("levels", "HAMMERS"),
    ("tries_per_connect", "", ""): ("levels", "HESITANT"),
    ("tries_per_connect", "", "calm"): ("levels", "HESITANT_EARLY"),
    ("tries_per_connect", "", "faults"): ("levels", "HESITANT_LATE"),
    ("tries_per_send", "", ""): ("levels", "IMPATIENT"),
    ("tries_per_send", "", "calm"): ("levels", "IMPATIENT_EARLY"),
    ("tries_per_send", "", "faults"): ("levels", "IMPATIENT_LATE"),
    ("presence_staleness_rate", "", ""): ("stories/presence", "QUIET_PRESENCE"),
    ("presence_staleness_rate", "", "calm"): ("levels", "QUIET_PRESENCE"),
}
"""By kind of target: a scenario that has one, and a protocol of `slow_protocols.py` that misses it more than any other."""


def kind(target: str) -> Kind:
    """The kind of a target: its percentile and the conversation's type make none of their own."""
    figure, _, where = asked_of(target) or (target, "", dict[str, str]())
    return figure, where.get("segment", ""), where.get("phase", "")


@cache
def bundled() -> tuple[tuple[Path, Scenario], ...]:
    return tuple((path, read(path)) for folder in (BUNDLED, STORIES) for path in sorted(folder.glob("*.toml")))


@pytest.mark.requirement("R1", "R2")
def test_every_bundled_scenario_has_targets_with_their_sources() -> None:
    for path, scenario in bundled():
        assert scenario.targets, f"{path} has no [targets]"
        assert scenario.sources.keys() == scenario.asked.keys(), f"{path}: say where each target is from, by `source`"


@pytest.mark.requirement("R1", "R2")
def test_every_campaign_has_targets_for_calm_and_for_faulted_time() -> None:
    for path, scenario in bundled():
        phases = {kind(name)[2] for name in scenario.targets}
        assert scenario.campaign is None or {"calm", "faults"} <= phases, path


@pytest.mark.requirement("R1", "R2")
def test_every_kind_of_target_has_a_protocol_that_misses_it() -> None:
    kinds = {kind(name) for _, scenario in bundled() for name in scenario.targets}
    assert kinds - CASES.keys() == set(), "say in CASES which protocol misses a target of this kind"
    assert CASES.keys() - kinds == set(), "no bundled scenario has a target of this kind any more"


@pytest.mark.requirement("R1", "R2")
@pytest.mark.parametrize("asked", CASES, ids=lambda asked: "-".join(filter(None, asked)))
def test_a_target_that_is_missed_is_told_first_and_fails_the_check(
    asked: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name, protocol = CASES[asked]
    spec = f"{slow_protocols.__file__}:{protocol}"
    code = parley("check", name, "--protocol", spec, "--jobs", "1", "--out", str(tmp_path), monkeypatch=monkeypatch)
    out = capsys.readouterr().out
    assert code == 1, out
    first = json.loads((tmp_path / "verdict.json").read_text())["targets"][0]
    assert kind(first["name"]) == asked, out
    assert first["met"] is False
    assert first["value"] >= 1.2 * first["asked"], out
    missed = [line for line in out.splitlines() if " missed" in line]
    assert missed[0].startswith(first["title"][:40]), out
    assert MISSED in out.lower()


@pytest.mark.requirement("R1")
def test_the_reference_meets_the_targets_that_all_these_miss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scenarios = sorted({name for name, _ in CASES.values()})
    assert parley("check", *scenarios, "--jobs", "1", "--out", str(tmp_path), monkeypatch=monkeypatch) == 0
    assert " missed" not in capsys.readouterr().out


@pytest.mark.requirement("R1")
def test_fewer_runs_than_a_target_is_meant_for_show_it_and_stop_no_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    levels = (ROOT / "scenarios" / "levels.toml").read_text()
    strict = tmp_path / "strict.toml"
    strict.write_text(levels.replace("most = 500_000", "most = 1"))
    out = str(tmp_path / "out")
    assert parley("check", str(strict), "--seeds", "3", "--jobs", "1", "--out", out, monkeypatch=monkeypatch) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert " missed" in told
    assert "fewer runs than the targets are meant for: they stop no pass" in told
