"""Protocols, each with one decision wrong, are caught by the property that should, and replay from their plan."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import VARIANTS, first_caught, scenario

from faults import plan as plans
from model.protocol import REFERENCE
from parley import campaign, variants
from parley.cli import main

pytestmark = pytest.mark.requirement("V3", "V5")

CAUGHT_BY = {
    "no_dedupe": "one-row-per-message",
    "ack_before_persist": "accepted-is-durable",
    "no_relay": "every-message-is-published",
    "highest_cursor": "device-cursor-is-sound",
    "cursor_first": "device-cursor-is-sound",
    "close_on_push": "closed-when-done",
    "sync_skips": "every-device-shows-everything",
    "sync_mixes_up": "stored-is-true",
    "pipelined_outbox": "senders-order-is-kept",
    "new_id_on_retry": "one-row-per-send",
    "send_before_upload": "attachments-are-there",
    "volatile_upload": "attachments-are-there",
    "ignores_rotation": "tokens-converge",
    "retries_invalid": "invalid-tokens-are-left-alone",
    "token_stays_behind": "one-device-per-token",
    "no_collapse": "one-hint-pending",
    "hammers_on": "throttling-is-respected",
    "counter_restarts": "accepted-send-has-its-row",
    "wiped_from_store_cursor": "device-cursor-is-sound",
    "keeps_old_cursor": "stored-cursors-reach-the-head",
    "stuck_too_soon": "stuck-is-silent",
    "stuck_for_ever": "stuck-devices-return",
    "status_of_the_last": "statuses-agree",
    "status_ahead": "statuses-agree",
    "trusts_everybody": "intruders-have-no-effect",
    "trusts_names": "intruders-have-no-effect",
    "unknown_as_content": "unknown-types-are-placeholders",
    "unknown_left_out": "unknown-types-stop-nobody",
}

SCENARIOS = dict.fromkeys(
    ("ignores_rotation", "retries_invalid", "token_stays_behind", "no_collapse", "hammers_on"), "push"
)
"""Where a variant is looked for, if not in ci."""


def parley(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Runs the command as its entry point does; returns the exit code."""
    monkeypatch.setattr("sys.argv", ["parley", *arguments])
    with pytest.raises(SystemExit) as exit:
        main()
    return int(exit.value.code or 0)


def test_every_variant_file_has_its_property() -> None:
    assert sorted(path.stem for path in VARIANTS.glob("*.py")) == sorted(CAUGHT_BY)


@pytest.mark.parametrize("name", CAUGHT_BY)
def test_a_wrong_decision_is_caught_and_its_plan_replays(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(VARIANTS / f"{name}.py")
    out = tmp_path / "out"
    where = SCENARIOS.get(name, "ci")
    seed = first_caught(where, file, CAUGHT_BY[name])
    assert seed, "none of the 200 seeds of the campaign"
    arguments = ("--first-seed", str(seed), "--seeds", "1", "--jobs", "1", "--out", str(out))
    code = parley("check", where, "--protocol", file, *arguments, monkeypatch=monkeypatch)
    assert code == 1
    assert "VIOLATED" in capsys.readouterr().out
    verdict = json.loads((out / "verdict.json").read_bytes())
    assert CAUGHT_BY[name] in verdict["violated"]
    assert (out / "report.html").read_text().count("Violated") == 1

    failed = next(run for run in verdict["failed_runs"] if CAUGHT_BY[name] in {f["property"] for f in run["failures"]})
    plan = out / failed["plan"]
    assert plans.read(plan).protocol.file == file
    assert parley("replay", str(plan), monkeypatch=monkeypatch) == 1
    told = capsys.readouterr().out
    assert CAUGHT_BY[name] in told
    assert "as when the plan was written" in told
    assert "not as when" not in told


@pytest.mark.parametrize("name", CAUGHT_BY)
def test_a_variant_is_about_ten_lines(name: str) -> None:
    assert len((VARIANTS / f"{name}.py").read_text().splitlines()) <= 14


def test_the_same_plans_hold_under_the_reference() -> None:
    """The violation is the variant's: the reference passes the very plan."""
    spec = str(VARIANTS / "no_dedupe.py")
    seed = first_caught("ci", spec, CAUGHT_BY["no_dedupe"])
    assert seed
    _, outcome = campaign.execute(scenario("ci").plan(seed, variants.reference_of("")), REFERENCE)
    assert outcome.violations == []
