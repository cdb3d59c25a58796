"""`pytest properties` as its users meet it: a variant is judged in one command, wherever it is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT, VARIANTS

from parley.errors import BadInput
from parley.machine import suite as suites
from parley.machine.suite import Explored, Suite, explore_together, outcome_of
from properties.catalogue import CATALOGUE

SUITE = Suite("", ["ci"], Path("out/plans"))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "properties", "-q", "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "PARLEY_PROFILE": "dev"}
    environment.pop("PYTEST_XDIST_WORKER", None)
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.requirement("V5", "R4")
def test_a_violated_property_fails_with_its_story_its_plan_and_the_command_that_replays_it(tmp_path: Path) -> None:
    variant = str(VARIANTS / "highest_cursor.py")
    done = run("-m", "cursor", "--protocol", variant, "--scenario", "ci", "--plans", str(tmp_path), "-n", "2")
    assert done.returncode == 1
    assert "test_property[cursor:device-cursor-is-sound]" in done.stdout
    assert "moves its cursor of" in done.stdout
    assert "Traceback" not in done.stdout
    plan = next(line.split()[-1] for line in done.stdout.splitlines() if line.startswith("replay  parley replay"))
    assert Path(plan).parent == tmp_path
    assert Path(plan).exists()
    assert "order:" not in done.stdout, "another family"
    assert "test_delivery_machine" not in done.stdout


@pytest.mark.requirement("V5")
def test_bad_options_are_one_line_and_a_usage_error() -> None:
    done = run("--protocol", "nobody.py")
    assert done.returncode == 4
    told = (done.stdout + done.stderr).strip().splitlines()
    assert len(told) == 1
    assert told[0].startswith("ERROR: nobody.py: there is no such variant file")


@pytest.mark.requirement("V5")
@pytest.mark.parametrize(
    ("protocol", "scenario", "said"),
    [
        ("", "nowhere", "nowhere: there is no such file, and no bundled scenario"),
        ("leased", "ci", r"scenario ci: \$.topology.core.shards"),
    ],
)
def test_what_can_t_be_judged_is_refused(protocol: str, scenario: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=said):
        Suite(protocol, [scenario], tmp_path)


@pytest.mark.requirement("V5")
def test_a_variant_that_fails_at_once_is_refused_before_any_test(tmp_path: Path) -> None:
    file = tmp_path / "mistaken.py"
    file.write_text(
        "from model.store.store import MessageStore\n\n\n"
        "class Mistaken(MessageStore):\n"
        "    def find_duplicate(self, rows, append, at):\n"
        "        return rows.nothing\n"
    )
    with pytest.raises(BadInput, match=r"mistaken\.py:6: AttributeError"):
        Suite(str(file), [], tmp_path).try_out()


@pytest.mark.requirement("V1")
def test_the_usual_plans_put_the_properties_to_the_test(tmp_path: Path) -> None:
    """With few seeds of each, all but some: a vacuous property is skipped, and nobody would look."""
    explored = explore_together(Suite("", [], tmp_path).parts(8), tmp_path, tmp_path)
    vacuous = [kind.name for kind in CATALOGUE if outcome_of(explored, kind.name)[0] == "vacuous"]
    assert len(vacuous) <= len(CATALOGUE) // 10, vacuous
    assert not explored.found


@pytest.mark.requirement("V1")
def test_what_was_not_put_to_the_test_is_told_where_it_would_be() -> None:
    assert suites.elsewhere("typing-stays-inside", ["ci"]) == "; try --scenario nightly"
    assert suites.elsewhere("typing-stays-inside", ["nightly"]) == ""


@pytest.mark.requirement("V5")
def test_the_plans_are_run_once_by_whoever_is_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = SUITE.parts(20)
    assert [list(part.seeds) for part in parts] == [list(range(1, 9)), list(range(9, 17)), list(range(17, 21))]
    ran: list[int] = []

    def explore(part: suites.Part, plans: Path) -> Explored:
        ran.append(part.seeds[0])
        return Explored(runs=len(part.seeds))

    monkeypatch.setattr(suites, "explore", explore)
    (tmp_path / "1.taken").write_text("2000000000")  # whoever took the second part is dead
    first = explore_together(parts, tmp_path, tmp_path)
    second = explore_together(parts, tmp_path, tmp_path)
    assert ran == [1, 17, 9]
    assert first.runs == second.runs == 20
