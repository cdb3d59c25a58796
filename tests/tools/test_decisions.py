"""docs/decisions.md can be trusted: each decision is overridable, and the answer that the page shows runs as written."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import SECOND, plan

from faults.kinds import CrashAt, DropAt, Sleep
from parley import variants
from parley.checking.decision_coverage import Trials
from parley.runner import execute
from reports.metrics.summary import Asked
from tools import decisions

ENTRIES = list(decisions.entries())
IDS = [f"{entry.component}.{entry.name}" for entry in ENTRIES]


def test_there_are_decisions_of_every_path() -> None:
    assert len(ENTRIES) > 50
    for name in ("device.message_id", "service.dedupe_key", "worker.settles", "store.merge_cursor", "relay.to_publish"):
        assert name in IDS


@pytest.mark.requirement("V3")
@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_another_answer_loads_runs_and_is_judged(entry: decisions.Entry, tmp_path: Path) -> None:
    file = tmp_path / "other.py"
    file.write_text(decisions.file_of(entry))
    protocol = variants.load(str(file))
    assert getattr(protocol, entry.component).__name__ == "Other"
    sends = tuple((at * SECOND, device) for at in (2, 3, 20) for device in ("alice-phone", "bob-laptop"))
    broken = plan(
        DropAt(kind="PushMessage", a=("*",), b=("*",), nth=2),
        DropAt(kind="SendResult", a=("*",), b=("*",), nth=1),
        CrashAt(node="messaging-1", point="persisted", down=SECOND),
        Sleep(at=10 * SECOND, device="bob-phone", duration=15 * SECOND),
        sends=sends,
        duration=30 * SECOND,
    )
    outcome = execute(broken, protocol)
    assert len(outcome.history) > 50
    assert outcome.verdicts


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_every_decision_says_what_it_is_and_shows_another_answer(entry: decisions.Entry) -> None:
    assert len(entry.text) > 40
    assert entry.body, f"the docstring of {entry.name} ends with `Variant::` and another answer"


@pytest.mark.requirement("V4")
def test_what_no_campaign_put_to_the_test_is_said_of_the_seeds_that_were_tried_and_no_others() -> None:
    """That a campaign asked and the answer was the same is something else than that none asked."""
    trials = Trials(4, {"store.a": {"ci": Asked(7, 0), "armed": Asked(1_200, 0)}, "store.b": {"ci": Asked(7, 2)}})
    assert "no campaign put it to the test: `armed` asked it 1,200 times" in decisions.put_to_the_test(
        trials, "store.a"
    )
    assert decisions.put_to_the_test(trials, "store.b") == "Put to the test by `ci` (2 of 7)."
    assert decisions.put_to_the_test(trials, "store.c") == "In these seeds no campaign asked it."
