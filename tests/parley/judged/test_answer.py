"""What `parley verify` says to a machine and to a person: one JSON document, JUnit, stories, counts, times that can be read."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer
from clean_records import RECORDS, Line, clean, in_time, written
from support import ROOT

from parley import exits
from parley.commands.verify import command
from parley.judged import answer, counts
from parley.judged.answer import Answer
from parley.judged.times import Face
from parley.judged.verifying import verify
from parley.record import clocks
from parley.record.linting import lint
from reports.metrics import summary, table
from reports.metrics.table import lasting
from sim.verdicts import NOT_RECORDED, VIOLATED

pytestmark = pytest.mark.requirement("V1", "R1", "R4")

SINCE = 1_764_316_800_000_000
"""2025-11-28 08:00:00, in µs since 1970."""


def ended(path: Path, **options: Any) -> int:
    try:
        command(path, **options)
    except typer.Exit as left:
        return left.exit_code
    return 0


def bad(seed: int = 1) -> list[Line]:
    """m5, m7 and m9 are on no screen but the sender's, and bob's tablet shows m3 again."""
    lines = [
        line
        for line in clean(seed, 20, since=SINCE)
        if line["event"] != "Shown" or line["message"] not in ("m5", "m7", "m9") or line["device"] != "bob-tablet"
    ]
    again = next(line for line in lines if line["event"] == "Shown" and line["device"] == "bob-tablet")
    return in_time([*lines, {**again, "t": again["t"] + 5_000_000}])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "h.jsonl").write_bytes(written(bad()))
    return tmp_path / "h.jsonl"


def test_one_document_says_all_of_it_and_always_the_same(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(path, json=True) == 1
    out = capsys.readouterr().out
    assert ended(path, json=True) == 1
    assert capsys.readouterr().out == out
    said = msgspec.json.decode(out, type=Answer)
    assert (said.verdict, said.code, said.file) == (VIOLATED, 1, str(path))
    assert [(count.device, count.kind, count.count) for count in said.counts] == [
        ("bob-tablet", "lost", 3),
        ("bob-tablet", "duplicated", 1),
    ]
    wrong = {promise.name: promise for promise in said.properties if promise.status == VIOLATED}
    assert {"what-was-accepted-is-shown", "shown-once"} <= wrong.keys()
    lines = path.read_bytes().splitlines()
    for promise in wrong.values():
        assert promise.violations >= 1
        assert promise.message
        assert any(line.proof for line in promise.story)
        for line in promise.story:
            assert json.loads(lines[line.line - 1])["t"] == line.t
    assert {figure.name for figure in said.figures} >= {"tap_to_screen", "send_to_accepted"}
    assert "queue_lag" not in {figure.name for figure in said.figures}
    assert said.record.first == SINCE + 1


def test_a_record_that_is_fine_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "h.jsonl").write_bytes(written(clean(1, 10)))
    assert ended(tmp_path / "h.jsonl", json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["verdict"], said["code"], said["counts"]) == ("pass", 0, [])


def test_every_field_of_the_document_is_on_the_page() -> None:
    page = (ROOT / "docs" / "judging-your-system.md").read_text()
    page = page[page.index("### For a machine") :]
    for struct in (
        answer.Answer,
        answer.Record,
        answer.Promise,
        answer.Line,
        counts.Count,
        counts.Place,
        table.Figure,
        answer.Rate,
        summary.Target,
        clocks.Clock,
        clocks.Turned,
    ):
        for field in msgspec.structs.fields(struct):
            assert f"`{field.encode_name}`" in page, (struct.__name__, field.name)


def test_a_test_case_for_each_property(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    junit = tmp_path / "junit.xml"
    assert ended(path, junit=junit) == 1
    assert "VIOLATED" in capsys.readouterr().out
    suite = ET.parse(junit).getroot()[0]
    cases = {case.get("name"): case for case in suite}
    failed = cases["shown-once"].find("failure")
    assert failed is not None
    assert "bob-tablet" in failed.get("message", "")
    assert re.search(r"line \d+ +08:00:\d\d\.\d{6} » bob-tablet", failed.text or "")
    assert len(cases["shown-was-sent"]) == 0
    assert cases["one-row-per-message"][0].tag == "skipped"
    counted = [sum(case.find(tag) is not None for case in suite) for tag in ("failure", "error", "skipped")]
    assert [suite.get(name) for name in ("failures", "errors", "skipped")] == [str(number) for number in counted]
    assert int(suite.get("tests", "")) == len(suite)


def test_what_is_no_pass_is_an_error_of_its_case(tmp_path: Path) -> None:
    (tmp_path / "h.jsonl").write_bytes(
        written(line for line in clean(1, 5) if line["event"] not in ("Healed", "Ended", "Shown"))
    )
    assert ended(tmp_path / "h.jsonl", junit=tmp_path / "junit.xml") == 4
    suite = ET.parse(tmp_path / "junit.xml").getroot()[0]
    errors = {case.get("name") for case in suite if case.find("error") is not None}
    assert "what-was-accepted-is-shown" in errors
    (tmp_path / "h.jsonl").write_bytes(written([]))
    assert ended(tmp_path / "h.jsonl", junit=tmp_path / "junit.xml") == 4
    suite = ET.parse(tmp_path / "junit.xml").getroot()[0]
    assert [case.get("name") for case in suite if case.find("error") is not None] == ["something was judged"]


def test_control_characters_end_in_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        {**line, "message": "\x1b[2J\x9b\u202e" + line["message"]} if "message" in line else line for line in bad()
    ]
    (tmp_path / "h.jsonl").write_bytes(written(lines))
    ended(tmp_path / "h.jsonl", junit=tmp_path / "junit.xml")
    out = capsys.readouterr().out
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out)
    ET.parse(tmp_path / "junit.xml")
    ended(tmp_path / "h.jsonl", json=True)
    out = capsys.readouterr().out
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out)


def test_each_violated_property_has_its_story_and_the_counts_come_first(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended(path)
    out = capsys.readouterr().out
    told = " ".join(out.split())
    assert "lost bob-tablet lacks 3 of 20, from m5 (08:00:" in told
    assert "duplicated bob-tablet shows again, once, what it has shown, among 17 messages: m" in told
    assert out.index("lacks 3 of 20") < out.index("How it came to ") < out.index("holds ")
    violated = out.split("VIOLATED  ")[1].split("\n\n")[0]
    assert " that follow" in violated
    for name in re.findall(r"[a-z]+(?:-[a-z]+)+", violated):
        assert f"How it came to {name}" in out
    assert "times 2025-11-28 08:00:00 to 08:0" in told


def test_ten_counts_are_printed_and_all_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    devices = [f"bob-{number}" for number in range(14)]
    lines = [line for line in clean(1, 5) if line.get("device") != "bob-tablet"]
    known = [{"event": "DeviceRegistered", "t": 0, "device": device, "user": "bob"} for device in devices]
    there = [{"event": "Connected", "t": 2, "device": device} for device in devices]
    (tmp_path / "h.jsonl").write_bytes(written(in_time([*known, *lines, *there])))
    ended(tmp_path / "h.jsonl")
    few = capsys.readouterr().out
    assert few.count(" lacks 5 of 5") == 10
    assert "… and 4 more lines (--all shows them)" in few
    ended(tmp_path / "h.jsonl", every=True)
    assert capsys.readouterr().out.count(" lacks 5 of 5") == 14


@pytest.mark.parametrize(
    ("took", "told"),
    [
        (0, "0 µs"), (999, "999 µs"), (1_000, "1 ms"), (999_499, "999 ms"), (999_500, "1 s"), (3_400_000, "3.4 s"),
        (59_949_999, "59.9 s"), (59_950_000, "1 min"), (72_000_000, "1 min 12 s"), (7_500_000_000, "2 h 5 min"),
        (3_600_000_000, "1 h"), (273_600_000_000, "3 d 4 h"), (-72_000_000, "-1 min 12 s"),
    ],
)  # fmt: skip
def test_durations_are_said_as_a_person_says_them(took: int, told: str) -> None:
    assert lasting(took) == told


def test_times_are_of_day_if_the_record_counts_from_1970() -> None:
    one_day, days = Face(SINCE, SINCE + 3_600_000_000), Face(SINCE, SINCE + 90_000_000_000)
    assert one_day(SINCE + 1_500_000) == "08:00:01.500000"
    assert one_day.short(SINCE + 1_500_000) == "08:00:01.500"
    assert one_day.span() == "2025-11-28 08:00:00 to 09:00:00 UTC, 1 h"
    assert days(SINCE + 1_500_000) == "2025-11-28 08:00:01.500000"
    assert days.span() == "2025-11-28 08:00:00 to 2025-11-29 09:00:00 UTC, 1 d 1 h"
    since_start = Face(5_000, 72_005_000)
    assert since_start(5_000) == "    0.005000"
    assert since_start.short(5_000) == "0.005 s"
    assert since_start.span() == "0.005 s to 72.005 s, 1 min 12 s"
    assert Face(SINCE, 1 << 53).dated
    assert not Face(SINCE, 1 << 60).dated


def test_what_is_not_recorded_is_one_line_and_all_of_it_on_request(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a person reads is what was judged: twenty lines of what could not be were longer than the verdict."""

    def unknown(**options: Any) -> str:
        ended(path, **options)
        told = capsys.readouterr().out.split("How it came to ")[-1]
        return " ".join(" ".join(line.split()) for line in told.splitlines())

    few = unknown()
    assert few.count(" not recorded") == 1
    assert "not recorded (--all names them): " in few
    assert "presence-converges" not in few
    every = unknown(every=True)
    assert every.count(" not recorded: ") > 2
    for verdict in verify(path).verdicts:
        assert verdict.reason != NOT_RECORDED or verdict.property in every


def test_how_many_more_there_are_counts_messages_as_the_counts_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """'1 more' were conversations, beside a count of 255 messages."""
    lines = clean(3, 30)
    late = next(line["t"] for line in lines if line.get("message") == "m21")
    gone = [line for line in lines if line.get("device") != "bob-tablet" or line["t"] < late]
    path = tmp_path / "h.jsonl"
    path.write_bytes(written(in_time([*gone, {"event": "Disconnected", "t": late - 1, "device": "bob-tablet"}])))
    assert ended(path) == exits.NO_PASS
    told = " ".join(capsys.readouterr().out.split())
    assert "bob-tablet has not shown 10 of 30 so far" in told
    assert "bob-tablet never showed m21 of c, which others show (9 more), and is away at the end" in told
    path.write_bytes(written(gone))
    assert ended(path) == exits.BROKEN
    told = " ".join(capsys.readouterr().out.split())
    assert "bob-tablet lacks 10 of 30" in told
    assert "bob-tablet never showed m21 of c, which others show (9 more)" in told


@pytest.mark.parametrize(("factor", "unit"), [(1, ""), (1_000, "milliseconds"), (1_000_000, "seconds")])
def test_times_in_another_unit_are_noted(
    factor: int, unit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [{**line, "t": line["t"] // factor} for line in clean(1, 5, since=SINCE)]
    (tmp_path / "h.jsonl").write_bytes(written(lines))
    ended(tmp_path / "h.jsonl")
    told = " ".join(capsys.readouterr().out.split())
    assert (f"unit times look like {unit} since 1970" in told) == bool(unit)


def test_verify_and_lint_list_the_same_promised_kinds_of_which_no_line_came(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = [*RECORDS, "FaultStarted", "FaultEnded"]
    path = tmp_path / "h.jsonl"
    path.write_bytes(written(clean(1, 5), records=listed))
    came = {line["event"] for line in clean(1, 5)}
    never = sorted(kind for kind in listed if kind not in came)
    assert "FaultStarted" in never
    ended(path)
    assert ", ".join(never) in " ".join(capsys.readouterr().out.split())
    (told,) = [each.says for each in lint(path) if each.name == "promised, and never comes"]
    assert all(kind in told for kind in never)
