"""A campaign over a wrong protocol ends in a report and a plan that replays. That all mutants are caught: `parley mutants`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import MUTANTS, VARIANTS, first_caught, parley

from faults import plan as plans
from properties.catalogue import PROPERTIES

pytestmark = pytest.mark.requirement("V3", "V5")

SEEN_FROM_OUTSIDE = {mutant.clients_see: name for name, mutant in MUTANTS.items() if mutant.clients_see}
"""What clients alone can judge, with a mutant that it catches as well as the property of its family that sees the server."""


def test_every_property_has_a_mutant_that_it_must_catch() -> None:
    """A property that no wrong protocol is to be caught by could say 'holds' for ever."""
    named = {mutant.caught_by for mutant in MUTANTS.values()}
    assert set(PROPERTIES) - named - set(SEEN_FROM_OUTSIDE) == set()
    assert len(SEEN_FROM_OUTSIDE) == 13


@pytest.mark.parametrize(("property", "name"), SEEN_FROM_OUTSIDE.items())
def test_what_clients_see_gives_a_mutant_away(property: str, name: str) -> None:
    assert first_caught(MUTANTS[name].scenario, str(VARIANTS / f"{name}.py"), property, 40)


@pytest.mark.parametrize("name", ["no_dedupe", "no_fence", "removed_member_gets_more", "sync_skips"])
def test_a_wrong_decision_is_caught_and_its_plan_replays(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(VARIANTS / f"{name}.py")
    out = tmp_path / "out"
    where, property = MUTANTS[name].scenario, MUTANTS[name].caught_by
    seed = first_caught(where, file, property)
    assert seed, "none of the 200 seeds of the campaign"
    arguments = ("--first-seed", str(seed), "--seeds", "1", "--jobs", "1", "--out", str(out))
    code = parley("check", where, "--protocol", file, *arguments, monkeypatch=monkeypatch)
    assert code == 1
    assert "VIOLATED" in capsys.readouterr().out
    verdict = json.loads((out / "verdict.json").read_bytes())
    assert property in verdict["violated"]
    assert (out / "report.html").read_text().count("Violated") == 1

    failed = next(run for run in verdict["failed_runs"] if property in {f["property"] for f in run["failures"]})
    plan = out / failed["plan"]
    assert plans.read(plan).protocol.file == file
    assert parley("replay", str(plan), monkeypatch=monkeypatch) == 1
    told = capsys.readouterr().out
    assert property in told
    assert "as when the plan was written" in told
    assert "not as when" not in told
