"""`make bench` tells what became worse: by pairs, whatever the clock says. No test here is held to a clock either.

What the plans cost is of no matter here: that the parts are those of the whole is, and that noise is not told as a difference.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest
from support import ROOT

from benchmarks import loads, peers, side
from benchmarks.__main__ import Bench
from benchmarks.pairs import EMPTY, Figure, Side, worktree
from faults.plan import check, read
from parley import scenario as scenarios
from parley.run import Run
from parley.scenario import BUNDLED


def figure(*ratios: float, **more: Any) -> Figure:
    return Figure("it", {"here": list(ratios), "base": [1.0] * len(ratios)}, **more)


@pytest.mark.requirement("N1", "N2", "N5", "N6")
def test_a_figure_is_worse_only_if_three_of_four_pairs_say_so() -> None:
    assert figure(1.2, 1.1, 1.3, 1.08, 1.2).worse
    assert not figure(0.8, 1.0, 1.0, 1.1, 1.2).worse
    assert not figure(1.0, 1.0, 1.04, 3.0, 3.0, 3.0, 1.0).worse  # half of them were disturbed
    assert not figure(1.3, 1.3, 1.3, 1.3).worse  # too few
    assert not figure(1.3, 1.3, 1.3, 1.3, 1.3, gates=False).worse
    assert figure(0.5, 0.5, 0.6, 0.5, 0.5, more_is_better=True).worse
    assert not figure(1.5, 1.5, 1.6, 1.5, 1.5, more_is_better=True).worse


@pytest.mark.requirement("N1", "N2", "N5", "N6")
def test_what_the_base_can_t_do_has_no_pair_and_gates_nothing() -> None:
    assert not Figure("it", {"here": [9.0] * 7, "base": []}).worse
    assert not Figure("it", {"here": [9.0] * 7, "base": [1.0] * 6}).worse
    assert not Figure("it", EMPTY).worse


class Told:
    """A side that answers what it is told to."""

    def __init__(self, **answer: Any) -> None:
        self.answer = answer

    def ask(self, do: str, **_: Any) -> dict[str, Any]:
        return dict(self.answer)


def bench(base: Told | None, here: Told, folder: Path) -> Bench:
    made = Bench(cast("Side | None", base), cast("Side", here), 5, folder)
    made.measured_unit = lambda: 1.0  # type: ignore[method-assign]
    made.units.append(1.0)
    return made


@pytest.mark.requirement("N1", "N2")
def test_the_table_shows_the_pair_the_parts_and_what_became_worse(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = {"plan": 0.0, "build": 1.0, "simulate": 20.0, "judge": 9.0, "summarise": 0.0}
    answer: dict[str, Any] = {"parts": parts, "deliveries": 2, "digest": "a"}
    made = bench(Told(cpu=30.0, **answer), Told(cpu=60.0, **answer), tmp_path)
    made.plans("a delivery", [], "deliveries", {"all": 12.0})
    assert not made.table()
    told = capsys.readouterr().out
    assert re.search(r"a delivery +12 +15\.0 +30\.0 +2\.00 \(2\.00–2\.00\) +WORSE", told), told
    assert re.search(r"    judge +4\.50 +4\.50 +1\.00", told), told
    assert "    plan" not in told
    assert not made.notes


@pytest.mark.requirement("N1", "N2")
def test_a_base_that_can_t_run_a_plan_or_runs_another_history_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer: dict[str, Any] = {"cpu": 1.0, "parts": {}, "runs": 1}
    made = bench(Told(cannot="PlanError: no such field"), Told(digest="a", **answer), tmp_path)
    made.plans("N2 a run", [], "runs", {})
    assert made.table()
    assert "no pair" in capsys.readouterr().out
    assert made.notes == ["N2 a run: the base can't run it: PlanError: no such field"]
    made = bench(Told(digest="b", **answer), Told(digest="a", **answer), tmp_path)
    made.plans("N2 a run", [], "runs", {})
    assert made.notes == ["N2 a run: the histories are not the base's, so that the two do not do the same"]


@pytest.mark.requirement("N1", "N2", "N3")
def test_a_side_runs_whole_plans_and_says_of_which_parts_the_cost_is_made(tmp_path: Path) -> None:
    (plan,) = loads.of_campaign("smoke", 1)
    answer = side.answer({"do": "run", "paths": loads.write(tmp_path, "smoke", [plan])})
    assert "cannot" not in answer, answer
    assert answer["runs"] == 1
    assert answer["events"] == len(Run(plan).execute().history)
    assert sum(answer["parts"].values()) <= answer["cpu"]
    assert all(answer["parts"][part] > 0 for part in ("build", "simulate", "judge", "summarise"))
    assert side.answer({"do": "run", "paths": [str(tmp_path / "none.json")]})["cannot"].startswith("PlanError")


@pytest.mark.requirement("N1", "N3")
def test_the_steady_load_delivers_each_message_to_each_device_and_is_probed(tmp_path: Path) -> None:
    plan = loads.delivery(20, 1, 3)
    check(plan)
    (path,) = loads.write(tmp_path, "steady", [plan])
    assert read(Path(path)) == plan
    answer = side.answer({"do": "run", "paths": [path]})
    assert answer["deliveries"] == 20 * (3 + 1), "three messages, and the probe's"
    crowd = loads.crowd(60, 2)
    check(crowd)
    assert len(Run(crowd).deployment.directory.conversations["stadium"].members) == 60


@pytest.mark.requirement("N2")
def test_smoke_is_ten_messages_and_four_faults_between_the_people_of_w1() -> None:
    smoke, w1 = (scenarios.read(BUNDLED / f"{name}.toml") for name in ("smoke", "w1"))
    assert smoke.topology == w1.topology
    for plan in loads.of_campaign("smoke", 20):
        assert sum(type(action).__name__ == "Send" for action in plan.workload) == 10
        assert len(plan.faults) == 4
        assert not Run(plan).execute().violations


@pytest.mark.requirement("N1", "N2", "N5", "N6")
def test_the_base_is_a_commit_and_its_worktree_has_these_benchmarks(tmp_path: Path) -> None:
    assert re.fullmatch(r"[0-9a-f]{40}\n", (ROOT / "benchmarks" / "base").read_text())
    inside = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, check=False)
    if inside.returncode:
        pytest.skip("this is no checkout")
    with worktree("HEAD", tmp_path / "base") as tree:
        assert (tree / "parley" / "run.py").exists()
        assert (tree / "benchmarks" / "side.py").samefile(ROOT / "benchmarks" / "side.py")
    assert not (tmp_path / "base").exists()


def test_a_peer_that_is_not_there_is_said_to_be_not_installed(tmp_path: Path) -> None:
    assert peers.measured("simloop", tmp_path / "python") == "not installed (make peers)"
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho it broke >&2; exit 1\n")
    broken.chmod(0o755)
    assert peers.measured("simloop", broken) == "failed: it broke"
