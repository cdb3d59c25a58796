"""Histories of Jepsen tests become records: what maps is judged as its own checkers would, and what does not is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support import parley

from parley.errors import BadInput
from parley.judged.verifying import Verified, verify
from parley.record.edn import DEEPEST, Keyword, Set, forms
from parley.record.jepsen import operations, record
from sim.verdicts import NOT_SHOWN, VIOLATED

pytestmark = pytest.mark.requirement("V1", "R7")

ACCEPTED, ONCE, SENT, ORDER = "what-was-accepted-is-shown", "shown-once", "shown-was-sent", "one-order-on-all-screens"


def test_edn_is_read_as_it_is_written() -> None:
    text = """; a comment
    {:a 1, "b\\n\\"" [nil true false] :c #{1 2}} {:n (1N 2.5M -3 sym)} #jepsen.history.Op{:index 0} #_ignored #_{:x 1} "over
lines" """
    assert [*forms(text.splitlines(keepends=True), "it")] == [
        {"a": 1, 'b\n"': (None, True, False), "c": Set((1, 2))},
        {"n": (1, 2.5, -3, "sym")},
        {"index": 0},
        "over\nlines",
    ]
    assert [*forms(["{:ab", "c 12", "34} 5"], "it")] == [{"abc": 1234}, 5]
    assert [*forms(["[:a\n", "{:b 1}]"], "it")] == [Keyword("a"), {Keyword("b"): 1}]
    assert [*forms(["{[1 {:a 2}] 3}"], "it")] == [{"(1, {'a': 2})": 3}]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{:a {:b 1}", "it ends inside a form"),
        ('{:a "b', "it ends inside a form"),
        ("{:a 1}}", "'}' closes nothing"),
        ("{:a 1]", "']' closes nothing"),
        ("{:a}", "a key without a value"),
        ("{:a " + "{:a " * DEEPEST, f"at most {DEEPEST} forms in each other"),
        ("1" * 5_000, "expected a number"),
        ("{:a #}", "expected EDN"),
    ],
)
def test_what_is_no_edn_is_said_with_its_line(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=r"^it: line 2: ") as refused:
        [*forms(["; first\n", f"{text}\n"], "it")]
    assert says in str(refused.value)


def line(op: str, at: int, more: str = "") -> str:
    process, f, kind, *value = op.split(" ", 3)
    said = value[0] if value else "nil"
    return f"{{:process {process}, :f :{f}, :type :{kind}, :value {said}, :time {at}000000 {more}}}\n"


def imported(tmp_path: Path, *ops: str) -> tuple[list[dict[str, Any]], Verified]:
    """Each a millisecond after the one before; as `0 enqueue invoke 5`."""
    text = [line(op, at) for at, op in enumerate(ops, 1)]
    lines = [*record(operations(forms(text, "it"), "it"), "it")]
    path = tmp_path / "record.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return lines, verify(path)


def violated(found: Verified) -> set[str]:
    return {*found.names(VIOLATED)}


def not_shown(found: Verified) -> set[str]:
    return {verdict.property for verdict in found.verdicts if verdict.reason == NOT_SHOWN}


def put(value: int, process: int = 0, f: str = "enqueue", answer: str = "ok") -> list[str]:
    return [f"{process} {f} invoke {value}", f"{process} {f} {answer} {value}"]


def drained(*values: int) -> list[str]:
    return ["9 drain invoke", f"9 drain ok [{' '.join(map(str, values))}]"]


@pytest.mark.parametrize(
    ("ops", "wrong", "open_"),
    [
        ([*put(1), *put(2), *drained(2, 1)], set(), set()),
        ([*put(1), *put(2), *drained(2)], {ACCEPTED}, set()),
        ([*put(1), *put(2, answer="info"), *drained(1)], set(), set()),
        ([*put(1), *put(2, answer="info"), *drained(1, 2)], set(), set()),
        ([*put(1), *drained(1, 1)], {ONCE}, set()),
        ([*put(1), *drained(1, 7)], {SENT}, set()),
        ([*put(1), *put(2, answer="fail"), *drained(1, 2)], {"refused-is-not-shown"}, set()),
        ([*put(1), *put(2), "1 dequeue invoke", "1 dequeue ok 1"], set(), {ACCEPTED}),
        ([*put(1), *put(2), "1 dequeue invoke", "1 dequeue info", *drained(1)], set(), {ACCEPTED}),
        ([*drained(), *put(1)], set(), {ACCEPTED}),
    ],
)  # fmt: skip
def test_a_queue_is_judged_as_jepsen_s_checkers_do(
    ops: list[str], wrong: set[str], open_: set[str], tmp_path: Path
) -> None:
    """What is lost, comes twice or from nowhere; in whatever order. What a consumer may have taken unseen is open."""
    _, found = imported(tmp_path, *ops)
    assert (violated(found), not_shown(found)) == (wrong, open_)


def test_a_queue_is_drained_where_somebody_is_told_that_it_is_empty(tmp_path: Path) -> None:
    ops = [*put(1), "1 dequeue invoke", "1 dequeue fail"]
    text = "".join(line(op, at, ":error :empty") for at, op in enumerate(ops, 1))
    path = tmp_path / "r.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in record(operations(forms([text], "it"), "it"), "it")))
    assert violated(verify(path)) == {ACCEPTED}


@pytest.mark.parametrize(
    ("ops", "wrong"),
    [
        ([*put(1, f="add"), *put(2, 1, f="add"), "2 read invoke", "2 read ok #{2 1}"], set()),
        ([*put(1, f="add"), *put(2, 1, f="add"), "2 read invoke", "2 read ok [1]"], {ACCEPTED}),
        (
            [*put(1, f="add"), "2 read invoke", "2 read ok #{1}", *put(2, 1, f="add"), "3 read invoke", "3 read ok #{2}"],
            {ACCEPTED},
        ),
        (["0 add invoke [7 1]", "0 add ok [7 1]", "2 read invoke", "2 read ok [7 #{1}]"], set()),
        (["0 add invoke [7 1]", "0 add ok [7 1]", "2 read invoke", "2 read ok [7 #{1 3}]"], {SENT}),
    ],
)  # fmt: skip
def test_a_set_is_whole_in_the_reads_after_all_writes(ops: list[str], wrong: set[str], tmp_path: Path) -> None:
    _, found = imported(tmp_path, *ops)
    assert violated(found) == wrong


def txn(process: int, wrote: str, read: str = "", kind: str = "ok") -> list[str]:
    said = f"[{wrote} {read}]"
    return [f"{process} txn invoke {said}", f"{process} txn {kind} {said}"]


@pytest.mark.parametrize(
    ("ops", "wrong"),
    [
        ([*txn(0, "[:append 1 1]"), *txn(1, "[:append 1 2]", "[:r 1 [1 2]]"), *txn(2, "", "[:r 1 [1 2]]")], set()),
        ([*txn(0, "[:append 1 1]"), *txn(1, "", "[:r 1 []]"), *txn(2, "", "[:r 1 [1]]")], {ACCEPTED}),
        ([*txn(0, "[:append 1 1]"), *txn(1, "[:append 1 2]"), *txn(2, "", "[:r 1 [1]]")], {ACCEPTED}),
        (
            [*txn(0, "[:append 1 1]", kind="info"), *txn(1, "[:append 1 2]", kind="info"), *txn(2, "", "[:r 1 [1 2]]"),
             *txn(3, "", "[:r 1 [2 1]]")],
            {ORDER},
        ),
        ([*txn(0, "[:append 1 1]"), *txn(1, "[:append 1 2]"), *txn(2, "", "[:r 1 [2 1]]")], {"real-time-order-is-shown"}),
        ([*txn(0, "[:append 1 1]", kind="fail"), *txn(2, "", "[:r 1 [1]]")], {"refused-is-not-shown"}),
    ],
)  # fmt: skip
def test_lists_are_conversations(ops: list[str], wrong: set[str], tmp_path: Path) -> None:
    _, found = imported(tmp_path, *ops)
    assert violated(found) >= wrong
    assert bool(violated(found)) == bool(wrong)


def test_what_a_nemesis_does_is_a_fault_of_the_nodes_that_it_names(tmp_path: Path) -> None:
    lines, found = imported(
        tmp_path, *put(1),
        ":nemesis kill info [\"n1\" \"n2\"]", ":nemesis kill info {\"n1\" :killed}",
        ":nemesis start info", ":nemesis start info",
        ":nemesis start-partition info", ":nemesis start-partition info",
        ":nemesis stop-partition info", ":nemesis stop-partition info",
        *drained(1),
    )  # fmt: skip
    faults = [
        (line["event"], line["kind"], line.get("nodes")) for line in lines if line.get("event", "").startswith("Fault")
    ]
    assert faults == [
        ("FaultStarted", "kill", ["n1", "n2"]), ("FaultEnded", "kill", None),
        ("FaultStarted", "start-partition", []), ("FaultEnded", "start-partition", None),
    ]  # fmt: skip
    assert not violated(found)
    assert not not_shown(found)


def test_what_is_read_before_the_last_fault_is_over_owes_nothing(tmp_path: Path) -> None:
    _, found = imported(tmp_path, *put(1), *put(2), *drained(1), ":nemesis stop info", ":nemesis stop info")
    assert not_shown(found) == {ACCEPTED}


@pytest.mark.parametrize(
    ("ops", "says"),
    [
        (["0 cas invoke [1 2]"], "nothing that can be judged as messages"),
        (["0 txn invoke [[:w 1 2]]"], r"a :txn of \[:w 1 2\]"),
        ([*put(1), *put(1)], "1 is written twice"),
        (["0 add maybe 1"], "expected :invoke, :ok, :fail or :info"),
    ],
)
def test_what_does_not_map_is_refused(ops: list[str], says: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=says):
        imported(tmp_path, *ops)


def test_the_command_writes_what_verify_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: Any
) -> None:
    history = tmp_path / "history.edn"
    history.write_text("{:type :invoke :f :add :value 1 :process 0}\n{:type :ok :f :add :value 1 :process 0}\n")
    assert parley("import-edn", str(history), monkeypatch=monkeypatch) == 0
    written = capsysbinary.readouterr().out
    assert parley("import-edn", str(history), "--out", str(tmp_path / "r.jsonl"), monkeypatch=monkeypatch) == 0
    assert (tmp_path / "r.jsonl").read_bytes() == written
    assert parley("verify", str(tmp_path / "r.jsonl"), monkeypatch=monkeypatch) == 4
    history.write_bytes(b"{:a \xff}")
    assert parley("import-edn", str(history), monkeypatch=monkeypatch) == 2
