"""Records of readers who log off, whose clocks differ, who block, who show their own message at the tap: the right verdicts.

Each stands for a kind, and has a sibling. What a record only has words for since they were added is judged both ways: with
the words, and as it was written without them.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import ROOT, parley

from parley.commands.verify import verify
from sim.verdicts import NOT_SHOWN, UNKNOWN, VIOLATED

pytestmark = pytest.mark.requirement("V1", "R1")

FOLDER = ROOT / "tests" / "cases" / "histories"
BEFORE = "what-came-before-is-shown"
SHOWN = "what-was-accepted-is-shown"
ORDER = "one-order-on-all-screens"


@pytest.mark.parametrize(
    "name",
    [
        "blocked-sender-legal",
        "blocked-and-said-so-legal",
        "fast-clock-legal",
        "fast-clocks-of-two-legal",
        "last-message-read-and-logged-off-legal",
        "local-echo-legal",
        "local-echo-of-three-legal",
        "retention-legal",
        "retention-twice-legal",
        "restored-from-backup-legal",
        "restored-twice-legal",
    ],
)
def test_what_is_legal_passes(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert parley("verify", str(FOLDER / f"{name}.jsonl"), monkeypatch=monkeypatch) == 0
    assert "PASS" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "violated"),
    [
        ("local-echo-unsaid", {ORDER}),
        ("retention-unsaid", {SHOWN}),
        ("restored-from-backup-unsaid", {"shown-once", "cursors-go-forward"}),
    ],
)
def test_without_the_words_for_what_makes_it_legal_it_is_violated(name: str, violated: set[str]) -> None:
    assert set(verify(FOLDER / f"{name}.jsonl").names(VIOLATED)) == violated


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "lost-and-everybody-logged-off",
            "bob-phone showed m3 in c without m2, which ann-phone knew to be accepted when it sent that",
        ),
        (
            "lost-in-the-middle-and-logged-off",
            "lou-tablet showed k4 in crew without k2 (and 1 more), which kim-phone knew to be accepted when it sent that",
        ),
    ],
)
def test_a_screen_proves_a_loss_though_everybody_has_logged_off(name: str, says: str) -> None:
    found = verify(FOLDER / f"{name}.jsonl")
    assert [violation.message for violation in found.violations if violation.property == BEFORE] == [says]
    (verdict,) = [each for each in found.verdicts if each.property == SHOWN]
    assert (verdict.status, verdict.reason) == (UNKNOWN, NOT_SHOWN)


def test_what_a_reader_lacks_who_has_read_everything_is_lost() -> None:
    found = verify(FOLDER / "last-message-lost-and-read-to-the-end.jsonl")
    assert found.names(VIOLATED) == [SHOWN]
    (violation,) = found.violations
    assert violation.message == "bob-phone lost m2 of c, which others show: it has read c to its end"


def test_a_reader_that_never_came_is_no_pass(tmp_path: Path) -> None:
    """Nor is one that has logged out: nobody can tell whether it would have had the message."""
    lines = [json.loads(line) for line in (FOLDER / "last-message-lost-and-logged-off.jsonl").open()]
    never = [each for each in lines if not (each.get("device") == "bob-phone" and each["event"] != "DeviceRegistered")]
    out = [dict(each, event="LoggedOut") if each.get("event") == "Disconnected" else each for each in lines]
    out[0] = dict(out[0], records=[*out[0]["records"], "LoggedOut"])
    for made in (never, out):
        path = tmp_path / "made.jsonl"
        path.write_text("\n".join(map(json.dumps, made)))
        (verdict,) = [each for each in verify(path).verdicts if each.property == SHOWN]
        assert (verdict.status, verdict.reason) == (UNKNOWN, NOT_SHOWN)
