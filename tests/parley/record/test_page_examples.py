"""The lines that docs/judging-your-system.md shows for what happens less often pass, and have no mistake of an exporter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support import ROOT

from parley import exits
from parley.judged.verifying import verify
from parley.record.linting import lint

pytestmark = pytest.mark.requirement("V1", "R7")

PAGE = (ROOT / "docs" / "judging-your-system.md").read_text()
SECTION = PAGE.split("### Lines for what happens less often")[1].split("\n## ")[0]
LISTED = json.loads("{" + PAGE.split('"skew": 200000,\n')[1].split("}\n")[0] + "}")["records"]
EXAMPLES = [part.split("```")[0] for part in SECTION.split("```jsonl\n")[1:]]


def record(example: str) -> list[dict[str, Any]]:
    """The example in a record of two phones."""
    own = [json.loads(line) for line in example.splitlines()]
    devices = ("ann-phone", "bob-phone")
    said = {"device": "ann-phone", "conversation": "c1", "send": "a1"}
    lines: list[dict[str, Any]] = [
        *({"event": "DeviceRegistered", "t": 0, "device": device, "user": device[:3]} for device in devices),
        {"event": "ConversationOpened", "t": 0, "conversation": "c1", "members": ["ann", "bob"]},
        *(line for line in own if line["event"] == "ConversationOpened"),
        *({"event": "Connected", "t": 1, "device": device} for device in devices),
        {"event": "SendRequested", "t": 1_000_000, **said},
        {"event": "SendAttempted", "t": 1_000_000, **said, "message": "m-1"},
        {"event": "SendAccepted", "t": 1_050_000, **said, "message": "m-1"},
        *(
            {"event": "Shown", "t": 1_100_000, "device": device, "conversation": "c1", "message": "m-1"}
            for device in devices
        ),
        *(line for line in own if line["event"] != "ConversationOpened"),
    ]
    over = ({"event": "Healed", "t": 10_000_000, "bound": 5_000_000}, {"event": "Ended", "t": 20_000_000})
    kinds = dict.fromkeys((*LISTED, *(line["event"] for line in own)))
    header = {"parley_history": 1, "records": [*kinds], "ids": "opaque"}
    return [header, *sorted(lines, key=lambda line: line["t"]), *over]


def written(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_of_the_page_passes(number: int, tmp_path: Path) -> None:
    path = written(tmp_path / "record.jsonl", record(EXAMPLES[number]))
    found = verify(path)
    assert [(verdict.property, verdict.why) for verdict in found.verdicts if verdict.stops()] == []
    assert exits.of_verdicts(found.verdicts) == 0
    assert [finding for finding in lint(path) if finding.wrong] == []


def test_there_is_one_for_each_thing_that_the_page_names() -> None:
    assert len(EXAMPLES) == 6
    for kind, example in zip(
        ("FaultStarted", "FinalRead", "LostForGood", "Viewed", "PageShown", '"attempt": 2'), EXAMPLES, strict=True
    ):
        assert kind in example


def test_what_an_archive_lacks_that_was_read_to_its_end_is_lost(tmp_path: Path) -> None:
    """As in the example, and m-2 is not there: the linter has nothing to change, and the verdict is no guess."""
    lines = [line for line in record(EXAMPLES[1]) if (line.get("event"), line.get("t")) != ("Shown", 8_100_000)]
    path = written(tmp_path / "record.jsonl", lines)
    assert "what-was-accepted-is-shown" in verify(path).names("violated")
    assert [finding for finding in lint(path) if finding.wrong] == []
