"""docs/where-to-see-it.md is so: each command shows what the page says, and puts to the test the promises that it names.

Requirements: W1, V4.
"""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from support import ROOT, parley, scenario

from model import events
from parley import variants
from parley.runner import execute
from properties.catalogue import CATALOGUE
from sim import history
from sim.verdicts import GOOD

pytestmark = pytest.mark.requirement("W1", "V4")

PAGE = ROOT / "docs" / "where-to-see-it.md"
NOT_YET = "not there yet"


class Statement(NamedTuple):
    """A row of the page. `command`: as typed, or '' for what is not there yet."""

    number: int
    command: str
    looked_for: tuple[str, ...]
    promises: tuple[str, ...]


def statements() -> list[Statement]:
    rows = re.findall(r"^\| (\d+) \| [^|]+ \| ([^|]+) \|([^|]*)\|([^|]*)\|$", PAGE.read_text(), flags=re.MULTILINE)
    return [
        Statement(int(number), command.strip("`") if command != NOT_YET else "", quoted(looked_for), quoted(promises))
        for number, command, looked_for, promises in rows
    ]


def quoted(cell: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([^`]+)`", cell))


ROWS = statements()
THERE = [row for row in ROWS if row.command]


class Shown(NamedTuple):
    """What the runs of a command show: kinds of event, and the properties that were put to the test and hold in all of them."""

    kinds: frozenset[str]
    hold: frozenset[str]


@cache
def shown(command: str) -> Shown:
    """What `parley run` and `parley check` run, run here: a scenario under its own seed, or a campaign under the first seeds."""
    words = shlex.split(command)[1:]
    options = dict(zip(words[2::2], words[3::2], strict=True))
    chosen, spec = scenario(words[1]), options.get("--protocol", "")
    seeds = range(1, int(options["--seeds"]) + 1) if words[0] == "check" else [chosen.seed]
    kinds: set[str] = set()
    hold: set[str] = set()
    for seed in seeds:
        outcome = execute(chosen.plan(seed, variants.reference_of(spec)), variants.load(spec))
        assert not outcome.violations
        kinds |= {type(event).__name__ for event in outcome.history}
        hold |= {verdict.property for verdict in outcome.verdicts if verdict.status in GOOD}
    return Shown(frozenset(kinds), frozenset(hold))


def is_kind(name: str) -> bool:
    return hasattr(events, name) or hasattr(history, name)


def test_every_statement_of_the_design_has_its_row() -> None:
    assert [row.number for row in ROWS] == list(range(1, 121))


def test_what_is_there_says_what_shows_it() -> None:
    """A row that names neither an event nor a line of output could be said of anything."""
    assert [row.number for row in THERE if not row.looked_for] == []
    known = {made.name for made in CATALOGUE}
    assert [name for row in THERE for name in row.promises if name not in known] == []


@pytest.mark.parametrize(
    "command", sorted({row.command for row in THERE if re.match("parley (run|check) ", row.command)})
)
def test_a_command_shows_what_the_page_says(command: str) -> None:
    rows = [row for row in THERE if row.command == command]
    seen = shown(command)
    missing = {
        row.number: [name for name in row.looked_for if is_kind(name) and name not in seen.kinds] for row in rows
    }
    untested = {row.number: [name for name in row.promises if name not in seen.hold] for row in rows}
    assert {number: names for number, names in missing.items() if names} == {}
    assert {number: names for number, names in untested.items() if names} == {}


@pytest.mark.parametrize(
    "command", sorted({row.command for row in THERE if not all(is_kind(name) for name in row.looked_for)})
)
def test_a_command_prints_the_lines_that_the_page_names(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(command)[1:]
    out = ("--out", str(tmp_path)) if words[0] == "check" else ()
    assert parley(*words, *out, monkeypatch=monkeypatch) == 0
    printed = " ".join(capsys.readouterr().out.split())
    lines = [name for row in THERE if row.command == command for name in row.looked_for if not is_kind(name)]
    assert [line for line in lines if line not in printed] == []
