"""`parley pushes`: the same plans with pushes and without; nothing but latency may change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support import SECOND, Tale, parley, scenario

from faults import plan as plans
from faults.kinds import DropPush
from faults.plan import ProtocolRef
from model.events import (
    Connected,
    NotificationDropped,
    NotificationShown,
    Persisted,
    SendAttempted,
    SendRequested,
    Slept,
    Stored,
)
from parley.commands import pushes
from reports.text.pushes import compare, deliveries

pytestmark = pytest.mark.requirement("P8", "R1")

NEEDS_PUSH = """
from model.device.device import Device
from model.protocol import variant


class SyncsOnlyWhenNotified(Device):
    def needs_sync(self, local, head):
        return self._woken_by == "notification" and head > local.cursor


PROTOCOL = variant("syncs-only-when-notified", device=SyncsOnlyWhenNotified)
"""


def rows(told: str) -> list[list[str]]:
    """The table's lines, as cells."""
    lines = [re.split(r"  +", line.strip()) for line in told.splitlines()]
    return [cells for cells in lines if {"kept", "dropped"} & set(cells)]


def test_without_pushes_all_converge_and_with_them_the_sleeper_has_its_messages_sooner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("pushes", "w2", "ci", "--seeds", "12", "--jobs", "1", "--out", str(tmp_path))
    assert parley(*arguments, monkeypatch=monkeypatch) == 0
    told = capsys.readouterr().out
    assert "PASS" in told
    w2_kept, w2_dropped, ci_kept, ci_dropped = rows(told)
    assert w2_kept[:6] == ["w2", "kept", "1", "0", "1", "2"], "one hint for what was sent, and one for the probe"
    assert w2_dropped[:5] == ["dropped", "1", "0", "1", "0"]
    assert w2_kept[6] == w2_dropped[5] == "3", "the same deliveries are compared, of which one is of the probe"
    assert float(w2_kept[7].removesuffix(" s")) < 60 < float(w2_dropped[6].removesuffix(" s"))
    assert ci_kept[:5] == ["ci", "kept", "12", "0", "12"]
    assert ci_dropped[:5] == ["dropped", "12", "0", "12", "0"], "not one hint, not even after the healing"
    assert parley(*arguments, monkeypatch=monkeypatch) == 0
    assert capsys.readouterr().out == told


def test_a_protocol_that_needs_its_pushes_fails_and_leaves_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "needs_push.py"
    file.write_text(NEEDS_PUSH)
    arguments = ("pushes", "w2", "--protocol", str(file), "--out", str(tmp_path))
    assert parley(*arguments, monkeypatch=monkeypatch) == 1
    told = capsys.readouterr().out
    kept, dropped = rows(told)
    assert kept[3:5] == ["0", "1"], "with its notification the phone catches up"
    assert dropped[2:4] == ["1", "0"]
    assert "every-device-shows-everything" in told
    assert "FAILED" in told
    (path,) = (tmp_path / "plans").iterdir()
    assert path.name == "syncs-only-when-notified-w2-1-no-push.json"
    left = plans.read(path)
    assert left.faults[-1] == DropPush(duration=left.duration, for_good=True)
    assert parley("replay", str(path), "--trust", monkeypatch=monkeypatch) == 1
    assert "as when the plan was written" in capsys.readouterr().out


def test_bad_input_is_told_before_anything_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert parley("pushes", "nothing", monkeypatch=monkeypatch) == 2
    assert parley("pushes", "w2", "w2", monkeypatch=monkeypatch) == 2
    taken = tmp_path / "file"
    taken.write_text("")
    assert parley("pushes", "w2", "--out", str(taken), monkeypatch=monkeypatch) == 2


@pytest.mark.requirement("V7")
def test_two_processes_find_what_one_finds() -> None:
    chosen = [(scenario("w2"), [1]), (scenario("ci"), range(1, 13))]
    assert pushes.run_pairs(chosen, "", jobs=1) == pushes.run_pairs(chosen, "", jobs=2)


def test_dropping_pushes_moves_no_other_fault() -> None:
    plan = scenario("ci").plan(3, ProtocolRef())
    without = pushes.deaf(plan)
    assert without.faults[:-1] == plan.faults
    assert without.workload == plan.workload


def sends(tale: Tale, number: int, at: int) -> None:
    tale.add(SendRequested, "a1", "c", f"s{number}", number, t=at)
    tale.add(SendAttempted, "a1", "c", f"s{number}", f"m{number}", 1)
    tale.add(Persisted, "c", number, f"m{number}", "ann", "a1", node="store")


def test_the_deliveries_compared_are_those_that_found_their_device_away_without_pushes() -> None:
    """Two messages to a sleeping b1. With pushes it is woken between them, and the second finds it online."""
    kept, dropped = Tale(), Tale()
    for tale in (kept, dropped):
        tale.add(Connected, "b1", "g", 1, t=SECOND)
        tale.add(Slept, "b1", t=2 * SECOND)
        sends(tale, 1, 5 * SECOND)
    kept.add(NotificationShown, "b1", "c", t=9 * SECOND)
    kept.add(Connected, "b1", "g", 2, t=10 * SECOND)
    kept.add(Stored, "b1", "c", 1, "m1", "sync", t=11 * SECOND)
    dropped.add(NotificationDropped, "b1", "c", t=9 * SECOND)
    for tale in (kept, dropped):
        sends(tale, 2, 20 * SECOND)
    kept.add(Stored, "b1", "c", 2, "m2", "push", t=21 * SECOND)
    dropped.add(Connected, "b1", "g", 2, t=60 * SECOND)
    for seq in (1, 2):
        dropped.add(Stored, "b1", "c", seq, f"m{seq}", "sync", t=(60 + seq) * SECOND)
    dropped.add(Stored, "a1", "c", 1, "m1", "accept", t=70 * SECOND)

    with_pushes, without = deliveries(kept.events), deliveries(dropped.events)
    assert (with_pushes.hints, with_pushes.lost, without.hints, without.lost) == (1, 0, 0, 1)
    assert with_pushes.offline == [("s1", "b1")]
    assert without.offline == [("s1", "b1"), ("s2", "b1")]
    assert compare(with_pushes, without) == ([6 * SECOND, 1 * SECOND], [56 * SECOND, 42 * SECOND])
