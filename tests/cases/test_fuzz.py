"""A few mutated files of each kind, and all of which something bad once came: `make fuzz` tries ten thousand of each."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from fuzzing import crew
from fuzzing.campaign import counted, tasks
from fuzzing.crew import Crew, Task, Tried
from fuzzing.mutation import KINDS, mutated
from hostility import End, begun_anew, ended
from support import ROOT

pytestmark = pytest.mark.requirement("N8")

FOUND = sorted((ROOT / "tests" / "cases" / "found").iterdir())
STORY = str(ROOT / "scenarios" / "stories" / "plain.toml")


def test_nothing_comes_of_mutated_files_but_verdicts_and_single_lines(tmp_path: Path) -> None:
    said = io.StringIO()
    tally = counted(Crew(tmp_path, seed=2, jobs=2).work(tasks(60, 1)), 4 * 60, None, 2, said)
    assert tally.found == []
    assert tally.tried == dict.fromkeys(KINDS, 60)
    assert tally.commands == dict.fromkeys(KINDS, 1)
    for kind in KINDS:
        codes = tally.codes[kind]
        assert codes[2] >= 6, "some are refused"
        assert codes[0] + codes[1] + codes[4] >= 12, "and some are run"
        assert f"{kind} " in tally.table()


@pytest.mark.parametrize("file", FOUND, ids=lambda file: file.name)
def test_what_was_once_found_is_so_no_more(file: Path) -> None:
    commands: dict[str, list[tuple[str, ...]]] = {
        ".toml": [("run", "--story")],
        ".json": [("replay", "--story")],
        ".jsonl": [("verify", "--all"), ("lint",)],
        ".py": [("run", STORY, "--protocol")],
    }
    for command in commands[file.suffix]:
        end = ended(command[0], *command[1:], str(file), seconds=60)
        assert (end.wrong(), crew.unclear(end, str(file))) == ("", "")


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_always_makes_the_same_file(kind: str) -> None:
    assert mutated(kind, 7) == mutated(kind, 7) != mutated(kind, 8)
    assert mutated(kind, 7, seed=2) != mutated(kind, 7)


def _in_place_of_a_command(monkeypatch: pytest.MonkeyPatch, told: dict[int, str]) -> None:
    """Has files of some numbers do harm, by whatever way they are tried."""

    def harm(given: tuple[str, ...]) -> int:
        what = next((what for number, what in told.items() if given[-1].endswith(f"-{number}.json")), "")
        if what == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if what == "hangs":
            while True:
                pass
        print({"raises": "Traceback (most recent call last)", "controls": "\x1b[31m"}.get(what, ""))
        print({"raises": "Traceback"}.get(what, ""), file=sys.stderr)
        return 0

    def alone(*given: str, seconds: float, wait: float) -> End:
        from hostility import forked

        return forked(lambda: sys.exit(harm(given)), 1, 5)

    monkeypatch.setattr(crew, "_warm", lambda folder, seed: None)
    monkeypatch.setattr(crew, "_command", harm)
    monkeypatch.setattr(crew, "ended", alone)
    monkeypatch.setattr(crew, "arguments", lambda kind, number, file, seed: ("replay", str(file)))
    monkeypatch.setattr(crew, "SOON", 0.5)


def test_what_does_harm_is_told_by_its_number_and_costs_no_other_its_turn(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _in_place_of_a_command(monkeypatch, {3: "dies", 4: "raises", 11: "hangs", 12: "controls"})
    said = io.StringIO()
    work = Crew(tmp_path / "work", jobs=2)
    work.folder.mkdir()
    tally = counted(work.work([Task("together", "plan", tuple(range(20)))]), 20, tmp_path / "kept", 1, said)
    assert {one.number: one.wrong for one in tally.found} == {
        3: "a hang",
        4: "a traceback",
        11: "a hang",
        12: "a raw control character",
    }
    assert (tally.tried["plan"], tally.codes["plan"][0]) == (20, 18)
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [f"plan_1_{n}.json" for n in (11, 12, 3, 4)]
    assert "plan 12: a raw control character" in said.getvalue()


def test_an_interruption_keeps_what_was_found(tmp_path: Path) -> None:
    def ends() -> Iterator[Tried]:
        yield Tried("plan", 5, "alone", 3, "a traceback", "ValueError: \x1b", 1.0, 1 << 20)
        raise KeyboardInterrupt

    said = io.StringIO()
    tally = counted(ends(), 40, tmp_path, 1, said)
    assert tally.wrong["plan"] == Counter({"a traceback": 1})
    assert "interrupted after 1 of 40 files" in said.getvalue()
    assert (tmp_path / "plan_1_5.json").read_bytes() == mutated("plan", 5)


def test_a_refusal_is_one_line_that_names_the_file() -> None:
    def refusal(text: str) -> str:
        return crew.unclear(End(2, "", text, 0.1, 1), "a.json")

    assert refusal("parley: a.json: $.seed: expected a number\n") == ""
    assert refusal("parley: a.json: 2 lines can't be used\n  line 2: x\n  line 3: x\n") == ""
    assert refusal("parley: $.seed: expected a number\n") == "an unclear refusal"
    assert refusal("parley: a.json: x\nand more\n") == "an unclear refusal"
    assert refusal("") == "an unclear refusal"


def test_a_command_of_its_own_imports_all_anew() -> None:
    end = begun_anew("verify", "no-such.jsonl", seconds=60)
    assert (end.code, end.err.count("\n"), "no-such.jsonl" in end.err) == (2, 1, True)
