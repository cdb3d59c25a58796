"""Figures of a record are held to targets: one that is missed is told first, with who shows late what should not be late."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
from clean_records import Line, clean, in_time, written

from parley.commands.verify import command
from parley.errors import BadInput
from parley.judged.targets import late_after, read_targets
from parley.scenario import BUNDLED
from sim.verdicts import MISSED, NOT_MEASURED

pytestmark = pytest.mark.requirement("R1")


def ended(tmp_path: Path, lines: Sequence[Line], targets: str, **options: Any) -> int:
    (tmp_path / "h.jsonl").write_bytes(written(lines))
    (tmp_path / "levels.toml").write_text(f"[targets]\n{targets}\n")
    try:
        command(tmp_path / "h.jsonl", targets=tmp_path / "levels.toml", **options)
    except typer.Exit as left:
        return left.exit_code
    return 0


def late(lines: list[Line], by: int) -> list[Line]:
    """The last five messages are late on bob's tablet, so that their order stays."""
    some = {f"m{number}" for number in range(36, 41)}
    of_tablet = [
        line
        for line in lines
        if line["event"] == "Shown" and line["device"] == "bob-tablet" and line["message"] in some
    ]
    return in_time([{**line, "t": line["t"] + by} if line in of_tablet else line for line in lines])


def test_a_target_that_is_missed_ends_with_1_and_is_told_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = late(clean(1, 40), 20_000_000)
    assert ended(tmp_path, lines, "tap_to_screen_max = 5_000_000") == 1
    out = capsys.readouterr().out
    blocks = [block for block in out.split("\n\n") if block.strip()]
    assert blocks[1].startswith("TARGET MISSED  tap → screen, max is 20.")
    assert blocks[2].splitlines()[0].split() == ["target", "asked", "measured"]
    assert blocks[2].rstrip().endswith("missed")
    assert "bob-tablet shows 5 of 40 later than targets ask for" in " ".join(blocks[3].split())
    assert "tap → screen, segment = live" in out
    assert ended(tmp_path, lines, "tap_to_screen_max = 25_000_000") == 0
    out = capsys.readouterr().out
    assert "met" in out
    assert "later than" not in out


def test_a_target_that_nothing_was_measured_for_is_no_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(tmp_path, clean(1, 10), "queue_lag_p99 = 1") == 4
    assert "NOT MEASURED" in capsys.readouterr().out
    assert ended(tmp_path, clean(1, 10), "queue_lag_p99 = 1\ntap_to_screen_p50 = 1") == 1
    assert "TARGET MISSED" in capsys.readouterr().out


def test_a_machine_reads_of_targets_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    junit = tmp_path / "junit.xml"
    asked = 'tap_to_screen_p50 = 1\nqueue_lag_p99 = 1\ntap_to_screen_p99 = {most = 60_000_000, source = "us"}'
    assert ended(tmp_path, clean(1, 10), asked, json=True, junit=junit) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["verdict"], said["code"]) == (MISSED, 1)
    assert {target["name"]: target["met"] for target in said["targets"]} == {
        "tap_to_screen_p50": False, "queue_lag_p99": None, "tap_to_screen_p99": True,
    }  # fmt: skip
    assert {count["kind"] for count in said["counts"]} == set()
    cases = {case.get("name"): [child.tag for child in case] for case in ET.parse(junit).getroot()[0]}
    assert cases["tap_to_screen_p50"] == ["failure"]
    assert cases["queue_lag_p99"] == ["error"]
    assert cases["tap_to_screen_p99"] == []
    assert ended(tmp_path, clean(1, 10), "queue_lag_p99 = 1", json=True) == 4
    assert json.loads(capsys.readouterr().out)["verdict"] == NOT_MEASURED


def test_a_scenario_s_targets_can_be_taken(tmp_path: Path) -> None:
    levels = read_targets(BUNDLED / "ci.toml")
    assert late_after(levels) == 15_000_000
    assert levels["tap_to_screen_p50[segment=live,phase=calm]"].source
    (tmp_path / "t.toml").write_text('[targets]\n"tap_to_screen_p99[segment=offline]" = 5\n')
    assert late_after(read_targets(tmp_path / "t.toml")) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "expected a table of targets"), ("[targets", "not TOML"), ("[targets]\nnothing_p50 = 1", "nothing_p50"),
        ("[targets]\ntap_to_screen_p50 = 'x'", "$.targets"), ("targets = 3", "$.targets"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_of_targets_is_one_line(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text(text)
    with pytest.raises(BadInput) as told:
        read_targets(tmp_path / "t.toml")
    assert says in str(told.value)
    assert str(told.value).startswith(str(tmp_path / "t.toml"))
    assert "\n" not in str(told.value)
    with pytest.raises(BadInput):
        read_targets(tmp_path / "missing.toml")
