"""What is printed into a pipe or a file: no wider than asked for, and without blanks at the ends of lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from support import VARIANTS, parley

from faults.plan import encode
from parley import variants
from parley.scenario import find, read

pytestmark = pytest.mark.requirement("R1")

NO_DEDUPE = str(VARIANTS / "no_dedupe.py")


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random plan that fails, with faults whose words are long."""
    file = tmp_path_factory.mktemp("plans") / "ci-11.json"
    file.write_bytes(encode(read(find("ci")).plan(11, variants.reference_of(NO_DEDUPE))))
    return file


COMMANDS = {
    "run": ("run", "w3"),
    "replay": ("replay", "PLAN"),
    "shrink": ("shrink", "PLAN", "--runs", "40"),
    "check": (
        "check",
        "ci",
        "w1",
        "--first-seed",
        "11",
        "--seeds",
        "1",
        "--jobs",
        "1",
        "-p",
        NO_DEDUPE,
        "--out",
        "OUT",
    ),
    "pushes": ("pushes", "w1", "w2", "w2_no_push", "--jobs", "1", "--out", "OUT"),
    "costs": ("costs", "w1"),
    "radius": ("radius", "plain", "--k", "0", "--out", "OUT"),
    "compare": ("search", "plain", "--compare", "--budget", "2", "-p", NO_DEDUPE, "--jobs", "1"),
}


@pytest.mark.parametrize("width", [72, 80, 120])
@pytest.mark.parametrize("command", COMMANDS)
def test_lines_are_as_wide_as_asked_for_and_end_in_no_blanks(
    command: str,
    width: int,
    failing: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COLUMNS", f"{width}")
    monkeypatch.chdir(tmp_path)  # for short paths, which are not folded: they are there to be copied
    (tmp_path / "p.json").write_bytes(failing.read_bytes())
    arguments = (word.replace("PLAN", "p.json").replace("OUT", "out") for word in COMMANDS[command])
    assert parley(*arguments, monkeypatch=monkeypatch) in (0, 1)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 2
    assert [line for line in lines if line != line.rstrip()] == []
    assert [line for line in lines if cell_len(line) > width] == []
    assert not any(re.search(r"\S…", line) for line in lines), "nothing is cut short"


def test_without_a_width_logs_are_equal_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    for asked in (None, "", "0", "many", "100"):
        if asked is None:
            monkeypatch.delenv("COLUMNS", raising=False)
        else:
            monkeypatch.setenv("COLUMNS", asked)
        assert parley("run", "w1", monkeypatch=monkeypatch) == 0
        told.append(capsys.readouterr().out)
    assert len(set(told)) == 1


def test_events_of_a_story_in_a_pipe_are_a_line_each(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever searches in it finds the whole event."""
    monkeypatch.setenv("COLUMNS", "60")
    assert parley("run", "w3", "--story", monkeypatch=monkeypatch) == 0
    assert max(len(line) for line in capsys.readouterr().out.splitlines()) > 60
