"""A story of what is owed shows where a passing run goes another way; lines that prove a violation are never cut out."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.console import Console
from support import ROOT, VARIANTS, parley, scenario

from faults.plan import encode
from model.protocol import REFERENCE
from parley import variants
from parley.parting import is_owed, passing, tell_parting
from parley.runner import execute
from properties.base import Violation
from reports.text.blame import LINES, shortened

pytestmark = pytest.mark.requirement("R4", "V6")

OWES = str(VARIANTS / "never_marks_read.py")


def test_only_what_is_owed_has_another_run_beside_it() -> None:
    for name in ("views-are-followed", "live-in-time", "typing-is-shown", "offline-is-shown", "receipts-come-in-time"):
        assert is_owed(Violation(name, "", ()))
    assert not is_owed(Violation("stops-are-gentle", "", ())), "somebody was sent away: that is in the history"
    assert not is_owed(Violation("shown-once", "", ()))
    assert not is_owed(Violation("a-property-of-a-script", "", ()))


def test_a_variant_parts_from_the_protocol_that_it_was_made_of() -> None:
    protocol = variants.load(OWES)
    plan = scenario("w1").plan(1, variants.reference_of(OWES))
    outcome = execute(plan, protocol)
    violation = outcome.causes()[0].violation
    other = passing(plan, protocol, outcome, violation)
    assert other is not None
    assert other.title.startswith("The same plan passes under the protocol reference.")
    out = StringIO()
    tell_parting(Console(file=out, width=120), plan, protocol, outcome, violation)
    told = out.getvalue()
    assert "what only the passing run goes through" in told
    assert "read up to" in told.split("what only the passing run")[1], "the mark that the variant never moves"


def test_what_the_reference_breaks_too_parts_where_a_fault_is_left_out() -> None:
    """No bundled plan breaks the reference, so that a promise is asked about that only the fault's run keeps not."""
    plan = scenario("ci").plan(3, variants.reference_of(""))
    faults = plan.faults[:3]
    plan = plan.__class__(**{**{f: getattr(plan, f) for f in plan.__struct_fields__}, "faults": faults})
    outcome = execute(plan, REFERENCE)
    other = passing(plan, REFERENCE, outcome, Violation("views-are-followed", "", (len(outcome.history) - 1,)))
    assert other is not None
    assert "passes without the fault" in other.title
    assert other.history != outcome.history


def test_a_replay_tells_where_the_runs_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(encode(scenario("w1").plan(1, variants.reference_of(OWES))))
    for arguments in ((), ("--story",)):
        assert parley("replay", str(path), *arguments, monkeypatch=monkeypatch) == 1
        told = capsys.readouterr().out
        assert "The same plan passes under the protocol reference. There the runs part:" in told
        assert told.index("violated  views-are-followed") < told.index("There the runs part")


def test_a_line_that_proves_the_violation_is_never_cut_out() -> None:
    lines = [f"{number:12.6f}   node  line {number}" for number in range(40)]
    assert len(shortened(lines)) == LINES
    lines[20] = lines[20].replace("   node", " » node", 1)
    assert lines[20][13] == "»"
    told = shortened(lines)
    assert lines[20] in told
    assert [text.strip() for text in told if "more" in text] == ["… 16 more …", "… 15 more …"]
    assert told[:4] == lines[:4]
    assert told[-4:] == lines[-4:]
    assert shortened(lines[:9]) == lines[:9]


def test_a_story_of_what_is_late_ends_with_when_it_was_due_and_with_the_probe_if_it_takes_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    late = str(ROOT / "tests" / "cases" / "variants" / "live_path_dead.py")
    plan = replace(scenario("w1").plan(1, variants.reference_of(late)), workload=(), faults=(), probe=True)
    path = tmp_path / "plan.json"
    path.write_bytes(encode(plan))
    protocol = ("--protocol", late)
    assert parley("shrink", str(path), *protocol, "--out", str(tmp_path / "out"), monkeypatch=monkeypatch) == 0
    told = capsys.readouterr().out
    assert "converged  the probe: apps are closed, and one message is sent in each conversation" in told
    assert "what was promised was due before this\n\nThe same plan passes under" in told
    assert parley("blame", str(path), *protocol, monkeypatch=monkeypatch) == 0
    told = capsys.readouterr().out
    assert "none at all: the probe is enough" in told
    assert "There is nothing to switch off." in told
