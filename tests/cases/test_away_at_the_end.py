"""Records whose phone was away at the end: what it lacks may be lost, which is no pass; what it has shown is not."""

from __future__ import annotations

import pytest
from support import ROOT, parley

from parley.commands.verify import verify
from sim.verdicts import HOLDS, NOT_SHOWN, UNKNOWN

pytestmark = pytest.mark.requirement("V1", "R1")

FOLDER = ROOT / "tests" / "cases" / "histories"
SHOWN = "what-was-accepted-is-shown"


@pytest.mark.parametrize(
    ("name", "lacks"),
    [
        ("last-message-lost-and-logged-off", "bob-phone never showed m2 of c"),
        ("last-message-lost-and-asleep", "emil-phone never showed x2 of room"),
    ],
)
def test_what_a_phone_lacks_that_was_away_is_unknown_and_no_pass(
    name: str, lacks: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = FOLDER / f"{name}.jsonl"
    (verdict,) = [each for each in verify(path).verdicts if each.property == SHOWN]
    assert (verdict.status, verdict.reason) == (UNKNOWN, NOT_SHOWN)
    assert verdict.why.startswith(lacks)
    assert parley("verify", str(path), monkeypatch=monkeypatch) == 4
    told = capsys.readouterr().out
    assert f"NOT SHOWN  {SHOWN}" in told
    assert f"not shown: {lacks}" in told


def test_a_phone_that_has_shown_everything_may_sleep(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = FOLDER / "everything-shown-and-asleep-legal.jsonl"
    (verdict,) = [each for each in verify(path).verdicts if each.property == SHOWN]
    assert verdict.status == HOLDS
    assert parley("verify", str(path), monkeypatch=monkeypatch) == 0
    assert "PASS" in capsys.readouterr().out
