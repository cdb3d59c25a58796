"""Clocks are estimated from what is sent and shown, told if they are off, and put right on request."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer
from clean_records import USERS, Line, clean, in_time, written

from parley.commands.lint import clocks_apart
from parley.commands.lint import command as lint_command
from parley.commands.verify import command
from parley.judged.verifying import Verified, as_if_right, verify
from parley.record import clocks
from parley.record.clocks import Clock, fit
from sim.verdicts import VIOLATED

pytestmark = pytest.mark.requirement("V1")

SINCE = 1_764_316_800_000_000


def off(lines: Sequence[Line], device: str, by: int, ppm: int = 0, since: int = 0, until: int = 1 << 60) -> list[Line]:
    """The record if the clock of a device is off by so many µs, between two times, and gains µs a second."""
    start = lines[0]["t"]
    moved = []
    for line in lines:
        if line["event"] in ("DeviceRegistered", "ConversationOpened"):
            moved.append({**line, "t": line["t"] - 60_000_000})
        elif line.get("device") == device and since <= line["t"] < until:
            moved.append({**line, "t": line["t"] + by + ppm * (line["t"] - start) // 1_000_000})
        else:
            moved.append(line)
    return in_time(moved)


def judged(tmp_path: Path, lines: Sequence[Line], skew: int = 0) -> Verified:
    path = tmp_path / "h.jsonl"
    path.write_bytes(written(lines, skew=skew))
    return verify(path)


def of(found: Verified) -> dict[str, Clock]:
    return {clock.device: clock for clock in found.clocks}


@pytest.mark.parametrize("seed", range(6))
def test_no_clock_that_is_right_is_said_to_be_off(seed: int, tmp_path: Path) -> None:
    found = judged(tmp_path, clean(seed, 60, since=SINCE))
    assert {clock.device for clock in found.clocks} == {*USERS}
    assert not any(clock.wrong for clock in found.clocks)
    assert not found.turned
    assert found.left_over == 0


def test_a_device_that_is_slow_in_one_direction_only_is_not_off(tmp_path: Path) -> None:
    """What comes to it takes two seconds more, what it sends does not: half of that may be its clock, and none need be."""
    lines = clean(1, 60, since=SINCE)
    slow = [
        {**line, "t": line["t"] + 2_000_000} if line["event"] == "Shown" and line["device"] == "bob-phone" else line
        for line in lines
    ]
    clock = of(judged(tmp_path, in_time(slow)))["bob-phone"]
    assert clock.offset > 900_000
    assert not clock.wrong


@pytest.mark.parametrize("by", [-3_000_000, -400_000, 400_000, 3_600_000_000])
def test_a_clock_that_is_off_is_found_with_what_it_turns_round(by: int, tmp_path: Path) -> None:
    found = judged(tmp_path, off(clean(2, 120, since=SINCE), "bob-phone", by))
    assert [clock.device for clock in found.clocks if clock.wrong] == ["bob-phone"]
    clock = of(found)["bob-phone"]
    assert abs(clock.offset - by) <= clock.uncertainty + max(each.uncertainty for each in found.clocks)
    assert clock.uncertainty < 100_000
    assert found.clocks[0] is clock
    assert {each.whose for each in found.turned} == {"bob-phone"}
    worst = found.turned[0]
    assert abs(by) - 300_000 < worst.by < abs(by)
    assert worst.sender == "bob-phone" if by > 0 else worst.device == "bob-phone"
    lines = [json.loads(line) for line in (tmp_path / "h.jsonl").read_bytes().splitlines()]
    sent, shown = lines[found.line(worst.sent) - 1], lines[found.line(worst.shown) - 1]
    assert (sent["event"], sent["message"], sent["device"]) == ("SendAttempted", worst.message, worst.sender)
    assert (shown["event"], shown["message"], shown["device"]) == ("Shown", worst.message, worst.device)
    assert sent["t"] - shown["t"] == worst.by


def test_what_a_clock_gains_is_found(tmp_path: Path) -> None:
    lines = off(clean(3, 900, since=SINCE), "cat-phone", 0, ppm=200)
    clock = of(judged(tmp_path, lines, skew=1_000_000))["cat-phone"]
    assert clock.drift_least <= 200 <= clock.drift_most
    assert abs(clock.drift - 200) < 40
    assert clock.wrong


def test_a_device_that_only_reads_is_known_to_be_behind_and_not_to_be_ahead(tmp_path: Path) -> None:
    behind = judged(tmp_path, off(clean(4, 60, since=SINCE), "bob-tablet", -2_000_000))
    clock = of(behind)["bob-tablet"]
    assert (clock.bound, clock.wrong) == ("most", True)
    assert -2_000_000 < clock.offset < -1_900_000
    assert {each.whose for each in behind.turned} == {"bob-tablet"}
    ahead = of(judged(tmp_path, off(clean(4, 60, since=SINCE), "bob-tablet", 2_000_000)))["bob-tablet"]
    assert (ahead.bound, ahead.wrong) == ("most", False)
    assert 2_000_000 < ahead.offset < 2_100_000


def test_of_two_clocks_nobody_can_tell_which_is_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two = [line for line in clean(5, 60) if line.get("device", "ann-phone") in ("ann-phone", "bob-phone")]
    found = judged(
        tmp_path, off([{**line, "t": line["t"] + 100_000_000} for line in two], "ann-phone", 2_000_000), 3_000_000
    )
    assert sum(clock.wrong for clock in found.clocks) == 1
    assert {each.whose for each in found.turned} == {""}
    with contextlib.suppress(typer.Exit):
        command(tmp_path / "h.jsonl")
    assert "and nobody can tell whose clock is right" in " ".join(capsys.readouterr().out.split())


def test_a_clock_that_is_set_in_the_middle_is_no_steady_one(tmp_path: Path) -> None:
    lines = clean(6, 120, since=SINCE)
    middle = (lines[0]["t"] + lines[-1]["t"] - 30_000_000) // 2
    clock = of(judged(tmp_path, off(lines, "bob-phone", 5_000_000, since=middle), skew=6_000_000))["bob-phone"]
    assert (clock.bound, clock.wrong, clock.correctable) == ("unsteady", True, False)
    assert clock.correction(middle)(lines[50]["t"]) == lines[50]["t"]


def test_one_line_that_is_out_of_place_is_no_clock(tmp_path: Path) -> None:
    lines = clean(7, 60, since=SINCE)
    later = SINCE + 30_000_000
    of_bob = [
        line for line in lines if line["event"] == "Shown" and line["device"] == "bob-phone" and line["t"] > later
    ]
    odd = next(line for line in of_bob if line["sender"] == "ann")
    moved = in_time([{**line, "t": line["t"] - 9_000_000} if line is odd else line for line in lines])
    found = judged(tmp_path, moved)
    assert not any(clock.wrong for clock in found.clocks)
    assert [(each.count, each.whose) for each in found.turned] == [(1, "")]


@pytest.mark.parametrize(
    ("device", "by", "ppm"), [("bob-phone", -3_000_000, 0), ("bob-tablet", -2_000_000, 0), ("ann-phone", 900_000, 150)]
)
def test_a_record_with_a_wrong_clock_passes_as_soon_as_it_is_right(
    device: str, by: int, ppm: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = off(clean(8, 400, since=SINCE), device, by, ppm)
    found = judged(tmp_path, lines)
    assert found.names(VIOLATED)
    with as_if_right(tmp_path / "h.jsonl", "h", found) as (_, again):
        assert not again.names(VIOLATED)
        assert again.corrected
        assert not again.turned
    command(tmp_path / "h.jsonl", correct_clocks=True)
    out = " ".join(capsys.readouterr().out.split())
    assert f"corrected the clock of {device}" in out
    assert "PASS" in out


def test_what_is_wrong_beside_a_clock_is_told_by_the_lines_of_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = off(clean(9, 100, since=SINCE), "bob-phone", -3_000_000)
    again = next(
        line
        for line in lines
        if line["event"] == "Shown" and line["message"] == "m50" and line["device"] == "bob-phone"
    )
    lines = in_time([*lines, {**again, "t": again["t"] + 20_000}])
    found = judged(tmp_path, lines)
    with pytest.raises(typer.Exit):
        command(tmp_path / "h.jsonl", correct_clocks=True, json=True)
    said = json.loads(capsys.readouterr().out)
    assert said["record"]["corrected"]
    assert [promise["name"] for promise in said["properties"] if promise["status"] == VIOLATED] == ["shown-once"]
    first = said["counts"][0]["first"]
    assert json.loads((tmp_path / "h.jsonl").read_bytes().splitlines()[first["line"] - 1])["message"] == "m50"
    assert found.names(VIOLATED) != ["shown-once"]


def test_nothing_is_corrected_where_nothing_is_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judged(tmp_path, clean(1, 20))
    command(tmp_path / "h.jsonl", correct_clocks=True)
    assert "none: no clock is off by more than messages take" in " ".join(capsys.readouterr().out.split())


def test_what_is_kept_does_not_grow_with_the_record() -> None:
    bounds = clocks._Bounds()
    for at in range(10_000):
        bounds.left -= 1
        if at % 7 == 0 and 5 + at % 13 < bounds.least:
            bounds.least, bounds.at = 5 + at % 13, (at, at + 5 + at % 13)
        if not bounds.left:
            bounds.close()
    assert len(bounds.all()) <= 2 * clocks.POINTS + 1
    assert min(shown - sent for sent, shown in bounds.all()) == 5


def test_the_line_between_the_bounds() -> None:
    above, below = [(-10, 40), (10, 40)], [(-10, -20), (10, -20)]
    found = fit(above, below)
    assert found is not None
    assert (found.ahead, found.gains, found.apart) == (10, 0, 30)
    rising = fit(
        [(x, x // 5_000 + 50) for x in range(-1_000_000, 1_000_001, 100_000)],
        [(x, x // 5_000 - 50) for x in range(-1_000_000, 1_000_001, 100_000)],
    )
    assert rising is not None
    assert rising.least <= 0.0002 <= rising.most
    assert fit([(0, 0)], [(0, 10)]) is None
    assert fit([(0, 0), (100, 900)], [(0, 0), (100, 800)]) is None


def test_a_time_is_moved_by_offset_and_drift_and_never_below_0() -> None:
    right = Clock("x", 1_000, 10, 100.0, 90.0, 110.0).correction(0)
    assert right(1_000) == 0
    assert right(1_001_000) == 1_000_000 - 100
    assert right(10) == 0
    assert Clock("x", 5, 10).correction(0)(100) == 100


@pytest.mark.parametrize(
    ("by", "ppm", "skew", "told"),
    [
        (0, 0, 0, ""),
        (3_000_000, 0, 0, "change"),
        (3_000_000, 0, 4_000_000, ""),
        (-3_000_000, 0, 2_000_000, "change"),
        (900_000, 150, 0, "change"),
    ],
)
def test_lint_tells_of_clocks_that_are_apart_by_the_same_estimate(
    by: int, ppm: int, skew: int, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A record whose clocks were ten minutes apart was well recorded, said lint, while verify told of it."""
    found = judged(tmp_path, off(clean(8, 400, since=SINCE), "ann-phone", by, ppm), skew=skew)
    findings = clocks_apart(found)
    assert {"change" if each.wrong else "note" for each in findings} == ({told} if told else set())
    assert all(each.says.startswith("ann-phone is ") and '"skew": ' in each.change for each in findings)
    with contextlib.suppress(typer.Exit):
        lint_command(tmp_path / "h.jsonl")
    assert ("clocks apart" in capsys.readouterr().out) == bool(told)
