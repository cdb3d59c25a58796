"""What the pages show is so: the examples that a reader would copy are read, run, and say what the page says."""

from __future__ import annotations

import re

import pytest
from support import ROOT, parley

from faults.plan import ProtocolRef
from parley import scenario
from parley.campaign import plan_file
from parley.run import Run

pytestmark = pytest.mark.requirement("W1", "V5")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / page).read_text(), flags=re.DOTALL)


def test_the_example_of_a_scenario_is_one() -> None:
    """With fewer people: it says 2,000."""
    text = blocks("docs/writing-scenarios.md", "toml")[0]
    assert "count = 2_000" in text
    written = scenario.decode(text.replace("count = 2_000", "count = 4").encode(), "page")
    assert {type(action).__name__ for action in written.workload} == {"Send", "Join"}
    outcome = Run(written.plan(written.seed, ProtocolRef())).execute()
    assert outcome.violations == []
    assert any(written.checkpoints[0].matches(event) for event in outcome.history)


def test_the_example_of_a_campaign_is_one() -> None:
    story, targets, campaign = blocks("docs/writing-scenarios.md", "toml")
    bare = re.split(r"\[\[workload\]\]", story)[0].replace("count = 2_000", "count = 4")
    written = scenario.decode((bare + targets + campaign).encode(), "page")
    assert written.campaign is not None
    assert len(written.targets) == 3
    assert written.plan(3, ProtocolRef()).workload


def test_the_scenarios_of_make_run_are_bundled(monkeypatch: pytest.MonkeyPatch) -> None:
    names = re.search(r"^SCENARIOS := (.*)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert names
    assert all((ROOT / "scenarios" / f"{name}.toml").exists() for name in names[1].split())
    assert parley("run", "w2", monkeypatch=monkeypatch) == 0


def test_the_plans_of_the_five_minutes_are_called_as_a_check_calls_them() -> None:
    text = (ROOT / "README.md").read_text()
    assert f"replay out/plans/{plan_file('no-dedupe', 'ci', 11)} " in text
    assert f"blame out/plans/{plan_file('no-dedupe', 'ci', '11.one-row-per-message')} " in text
