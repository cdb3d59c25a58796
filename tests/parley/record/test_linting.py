"""`parley lint`: what is odd about a record, told with what to change in the exporter; a well made one is left alone."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import ROOT, scenario

from model.protocol import REFERENCE
from parley import cli, variants
from parley.record.linting import Finding, lint
from parley.record.observing import observed
from parley.runner import execute
from sim.history import Ended

pytestmark = pytest.mark.requirement("V1", "R7")

LISTED = ["SendRequested", "SendAttempted", "SendAccepted", "Shown", "Connected", "Disconnected"]
Line = dict[str, Any]


def record(**header: Any) -> list[Line]:
    """Ann sends four messages, which are shown on both phones, and both are connected to the end."""
    lines: list[Line] = [
        {"parley_history": 1, "records": LISTED, "ids": "opaque", **header},
        {"event": "DeviceRegistered", "t": 0, "device": "ann", "user": "Ann"},
        {"event": "DeviceRegistered", "t": 0, "device": "bob", "user": "Bob"},
        {"event": "ConversationOpened", "t": 0, "conversation": "c", "members": ["Ann", "Bob"]},
        {"event": "Connected", "t": 1_000, "device": "ann"},
        {"event": "Connected", "t": 1_000, "device": "bob"},
        {"event": "Disconnected", "t": 2_000, "device": "bob"},
        {"event": "Connected", "t": 3_000, "device": "bob"},
    ]
    for i in range(1, 5):
        at = 1_000_000 * i
        said = {"conversation": "c", "send": f"s{i}", "device": "ann"}
        lines += [
            {"event": "SendRequested", "t": at, **said},
            {"event": "SendAttempted", "t": at, **said, "message": f"m-{i}", "content": f"d{i}"},
            {"event": "SendAccepted", "t": at + 50_000, **said, "message": f"m-{i}"},
            *(
                {
                    "event": "Shown",
                    "t": at + 100_000,
                    "device": who,
                    "conversation": "c",
                    "message": f"m-{i}",
                    "content": f"d{i}",
                }
                for who in ("ann", "bob")
            ),
        ]
    return [*lines, {"event": "Healed", "t": 9_000_000, "bound": 5_000_000}, {"event": "Ended", "t": 14_000_000}]


def found(path: Path, lines: list[Line]) -> list[Finding]:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return lint(path)


def of(lines: list[Line], kind: str, **fields: Any) -> list[Line]:
    return [line for line in lines if line.get("event") == kind and all(line.get(k) == v for k, v in fields.items())]


def without(kind: str, **fields: Any) -> Callable[[list[Line]], list[Line]]:
    return lambda lines: [line for line in lines if line not in of(lines, kind, **fields)]


def changed(kind: str, change: Callable[[Line], Line], **fields: Any) -> Callable[[list[Line]], list[Line]]:
    return lambda lines: [{**line, **change(line)} if line in of(lines, kind, **fields) else line for line in lines]


def with_header(**header: Any) -> Callable[[list[Line]], list[Line]]:
    return lambda lines: [{**lines[0], **header}, *lines[1:]]


def with_lines(before: str, *more: Line) -> Callable[[list[Line]], list[Line]]:
    def put(lines: list[Line]) -> list[Line]:
        place = next(i for i, line in enumerate(lines) if line.get("event") == before)
        return [*lines[:place], *more, *lines[place:]]

    return put


def in_unit(factor: int, since: int) -> Callable[[list[Line]], list[Line]]:
    return lambda lines: [{**line, "t": (since + line["t"]) // factor} if line.get("t") else line for line in lines]


SHOWN_AGAIN = [
    {"event": "Shown", "t": 5_000_000, "device": "bob", "conversation": "c", "message": f"m-{i}"} for i in (1, 2, 3)
]
STRANGERS = [
    {"event": "Shown", "t": 5_000_000, "device": "bob", "conversation": "c", "message": f"x-{i}"} for i in (1, 2, 3)
]
READ = {"event": "FinalRead", "t": 12_000_000, "device": "bob", "conversation": "c", "began": 11_000_000}
LEFT = {"event": "Disconnected", "t": 13_000_000, "device": "bob"}
GONE = {"event": "LostForGood", "t": 13_500_000, "node": "bob"}
FAULT = {"event": "FaultStarted", "t": 5_000_000, "fault": 1, "kind": "kill", "armed": False}


def both(*damages: Callable[[list[Line]], list[Line]]) -> Callable[[list[Line]], list[Line]]:
    def one_after_the_other(lines: list[Line]) -> list[Line]:
        for damage in damages:
            lines = damage(lines)
        return lines

    return one_after_the_other


def by_time(lines: list[Line]) -> list[Line]:
    return [lines[0], *sorted(lines[1:], key=lambda line: line["t"])]


def louder(line: Line) -> Line:
    return {"content": line["content"].upper()}


WRONG: dict[str, tuple[str, Callable[[list[Line]], list[Line]]]] = {
    "a device that never connects": ("never connects", without("Connected", device="bob")),
    "a device that never shows": ("never shows", without("Shown", device="bob")),
    "a device that left with something missing": (
        "away at the end",
        both(
            without("Shown", device="bob", message="m-4"),
            with_lines("Ended", {"event": "Disconnected", "t": 13_000_000, "device": "bob"}),
        ),
    ),
    "a device that read to the end, and not what came after": (
        "read to the end too early",
        both(
            without("Shown", device="bob", message="m-4"),
            with_lines("Ended", {**READ, "began": 3_500_000}, LEFT),
        ),
    ),
    "a field that is called otherwise": (
        "unknown field",
        with_lines("Ended", {"event": "FinalRead", "t": 13_000_000, "device": "bob", "conversation": "c", "begun": 12_000_000}),
    ),
    "a send without an answer": ("never answered", without("SendAccepted", send="s2")),
    "lines that are not sorted": ("clock goes back", changed("Healed", lambda _: {"t": 4_000_000})),
    "a clock that jumps back": (
        "clock goes back",
        both(with_header(skew=5_000_000), changed("Shown", lambda _: {"t": 2_500_000}, message="m-4", device="bob")),
    ),
    "milliseconds": ("wrong unit of time", in_unit(1_000, 1_790_000_000_000_000)),
    "seconds": ("wrong unit of time", in_unit(1_000_000, 1_790_000_000_000_000)),
    "a header that promises nothing": ("no promise in the header", with_header(records="")),
    "a promise that is not kept": ("promised, and never comes", without("SendRequested")),
    "two names for each message": (
        "the ids of both sides never meet", changed("Shown", lambda line: {"message": "server-" + line["message"]})
    ),
    "messages that nobody sends": ("shown, and never sent", with_lines("Healed", *STRANGERS)),
    "a list that is drawn again": ("shows everything again", with_lines("Healed", *SHOWN_AGAIN)),
    "two ways to make a digest": ("digests never equal", changed("Shown", louder, device="bob")),
    "a digest on one side": ("digest on one side only", changed("Shown", lambda _: {"content": ""})),
    "no seqs where they are numbers": ("no seq anywhere", with_header(ids="seq")),
    "a fault that only ends": ("ends, and never began", with_lines("Healed", {**FAULT, "event": "FaultEnded"})),
    "no end of the disturbance": ("never healed", without("Healed")),
    "no end": ("never ended", without("Ended")),
    "an end that comes too early": ("ended too early", changed("Ended", lambda _: {"t": 10_000_000})),
    "clocks that are apart": (
        "shown before it is sent",
        both(
            without("Shown", device="ann"),
            changed("Shown", lambda line: {"t": line["t"] - 500_000}, device="bob"),
            by_time,
        ),
    ),
}  # fmt: skip
NOTES: dict[str, tuple[str, Callable[[list[Line]], list[Line]]]] = {
    "a device that left with everything": (
        "away at the end", with_lines("Ended", {"event": "Disconnected", "t": 13_000_000, "device": "bob"})
    ),
    "a field of the exporter's own": ("unknown field", changed("Shown", lambda _: {"colour": "red"}, device="bob")),
    "numbers that are called opaque": (
        "ids look like numbers",
        lambda lines: [{**line, "message": line["message"].removeprefix("m-")} if "message" in line else line for line in lines],
    ),
    "a fault of nobody": ("a fault of nobody", with_lines("Healed", FAULT)),
    "a kind that did not happen": ("promised, and never comes", with_header(records=[*LISTED, "Wiped"])),
    "what is not recorded": ("not recorded", lambda lines: lines),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_has_to_be_changed_is_told(name: str, tmp_path: Path) -> None:
    finding, damage = WRONG[name]
    told = [each for each in found(tmp_path / "r.jsonl", damage(record())) if each.wrong]
    assert finding in [each.name for each in told]
    assert all(each.says and each.change for each in told)


@pytest.mark.parametrize("name", NOTES)
def test_what_is_good_to_know_is_a_note(name: str, tmp_path: Path) -> None:
    finding, damage = NOTES[name]
    told = found(tmp_path / "r.jsonl", damage(record()))
    assert [each.name for each in told if each.wrong] == []
    assert finding in [each.name for each in told]


def test_a_well_made_record_has_nothing_to_change(tmp_path: Path) -> None:
    """The one above, the one of the page, and what clients observe of simulated runs, once these end when the bound is up."""
    assert [each.name for each in found(tmp_path / "r.jsonl", record()) if each.wrong] == []
    page = (ROOT / "docs" / "history-format.md").read_text().split("```jsonl\n")[1].split("```")[0]
    (tmp_path / "page.jsonl").write_text(page)
    assert [each.name for each in lint(tmp_path / "page.jsonl") if each.wrong] == []
    for name, seed in (("w1", 1), ("ci", 3)):
        history = execute(scenario(name).plan(seed, variants.reference_of("")), REFERENCE).history
        history = [event for event in history if not isinstance(event, Ended)]
        over = b'{"event":"Ended","t":999000000}\n'
        (tmp_path / "run.jsonl").write_bytes(b"".join((*observed(history), over)))
        told = [each for each in lint(tmp_path / "run.jsonl") if each.wrong]
        assert {each.name for each in told} <= {"never answered"}, told


def test_a_line_that_shows_it_is_named(tmp_path: Path) -> None:
    lines = without("SendAccepted", send="s2")(record())
    (finding,) = [each for each in found(tmp_path / "r.jsonl", lines) if each.wrong]
    assert lines[finding.line - 1] == of(lines, "SendAttempted", send="s2")[0]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([LEFT], ["away at the end"]),
        ([READ, LEFT], []),
        ([{**READ, "began": 3_500_000}, LEFT], ["read to the end too early"]),
        ([LEFT, GONE], []),
        ([{**READ, "began": 3_500_000}, LEFT, GONE], []),
        (
            [
                {"event": "MemberLeft", "t": 11_000_000, "conversation": "c", "seq": "x", "user": "Bob", "by": "Ann"},
                LEFT,
            ],
            None,
        ),
    ],
)
def test_of_a_device_that_lacks_something_at_the_end_nothing_untrue_is_said(
    more: list[Line], said: list[str] | None, tmp_path: Path
) -> None:
    """'With everything on the screen' was said of devices that had read to the end, and lacked something."""
    lines = with_lines("Ended", *more)(without("Shown", device="bob", message="m-4")(record()))
    told = found(tmp_path / "r.jsonl", lines)
    wrong = [each.name for each in told if each.name in ("away at the end", "read to the end too early") and each.wrong]
    assert wrong == (said or [])
    if said is not None:
        assert not any("everything on the screen" in each.says or "would be unknown" in each.change for each in told)


def test_who_has_read_to_the_end_and_lacks_nothing_is_not_told_of(tmp_path: Path) -> None:
    told = found(tmp_path / "r.jsonl", with_lines("Ended", READ, LEFT)(record()))
    assert [each.says for each in told if each.name == "away at the end"] == []


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        (with_lines("Healed", READ, {**READ, "device": "ann"})(record()), False),
        (with_lines("Healed", READ)(record()), True),
        (
            with_lines("Healed", READ, {**READ, "device": "ann"})(
                without("Shown", device="bob", message="m-4")(record())
            ),
            False,
        ),
        (
            with_lines("Healed", {**READ, "began": 3_500_000}, {**READ, "device": "ann"})(
                without("Shown", device="bob", message="m-4")(record())
            ),
            True,
        ),
        (with_lines("Healed", READ, {**READ, "device": "ann"})(without("SendAccepted", message="m-4")(record())), True),
    ],
    ids=["all read", "one did not", "one lacks what is lost", "one read too early", "a send was not answered"],
)
def test_a_record_needs_no_end_if_all_read_to_theirs(lines: list[Line], wrong: bool, tmp_path: Path) -> None:
    """`verify` passes such a record, and lint asked for a Healed all the same."""
    told = found(tmp_path / "r.jsonl", without("Healed")(lines))
    assert [each.wrong for each in told if each.name == "never healed"] == [wrong]


def test_an_unknown_field_is_told_with_its_first_line_and_what_it_may_be_called(tmp_path: Path) -> None:
    lines = [
        {("mesage" if name == "message" and line["event"] == "Shown" else name): value for name, value in line.items()}
        if line.get("message") == "m-2"
        else line
        for line in record()
    ]
    (told,) = [each for each in found(tmp_path / "r.jsonl", lines) if each.name == "unknown field"]
    assert told.says.startswith("Shown has no field 'mesage', and 2 lines have it")
    assert "'message'" in told.change
    assert "mesage" in lines[told.line - 1]
    assert told.wrong
    beside = changed("Shown", lambda _: {"mesage": "x"}, message="m-2")(record())
    (told,) = [each for each in found(tmp_path / "r.jsonl", beside) if each.name == "unknown field"]
    assert not told.wrong, "what it would stand for is there"


def test_the_missing_kind_says_what_it_would_let_be_judged(tmp_path: Path) -> None:
    notes = [each.says for each in found(tmp_path / "r.jsonl", record()) if each.name == "not recorded"]
    assert any(says.startswith("Wiped, without which") and "shown-once" in says for says in notes)


def test_the_command_shows_what_to_change_and_refuses_what_can_t_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.jsonl"
    found(path, changed("Healed", lambda _: {"t": 4_000_000})(record()))
    monkeypatch.setattr("sys.argv", ["parley", "lint", str(path)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    told = capsys.readouterr()
    assert stopped.value.code == 2
    assert "clock goes back" in told.out
    assert "time goes back by" in told.err


def test_what_can_t_be_read_to_its_end_is_left_to_verify(tmp_path: Path) -> None:
    """Nothing in a file makes it fall over: neither a gzip that breaks off, nor what is no JSON, nested too deep, or no text."""
    whole = "".join(json.dumps(line) + "\n" for line in record()).encode()
    (tmp_path / "broken.gz").write_bytes(gzip.compress(whole)[:-20])
    assert lint(tmp_path / "broken.gz")
    odd = (b"[" * 100_000, b"\xff\xfe", b'{"event":5}', b'{"event":"Shown","t":' + b"9" * 5_000 + b"}", b"")
    (tmp_path / "odd.jsonl").write_bytes(b"\n".join((*whole.splitlines()[:-1], *odd, whole.splitlines()[-1])))
    assert [each for each in lint(tmp_path / "odd.jsonl") if each.wrong] == []
