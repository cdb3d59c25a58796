"""The page of faults says which scenario exercises each, and a fault that none exercises is an error."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from msgspec.structs import FieldInfo, fields
from support import ROOT

from faults.fields import time_fields
from faults.kinds import EVERYDAY, KINDS
from tools.faults import UnexercisedError, armed_form, exercised, page


def test_every_fault_is_exercised_by_a_scenario() -> None:
    by = exercised(ROOT / "scenarios")
    assert by.keys() == KINDS.keys()
    assert all("ci" in by[name] for name in EVERYDAY)
    assert by["slow_node"] == ["given_up", "history", "nightly", "overload"]
    assert "w3" in by["pause_at"] or "w3" in by["crash"] or "w3" in by["crash_at"]
    assert "w5" in by["crash"]


def test_a_fault_that_no_scenario_exercises_is_an_error(tmp_path: Path) -> None:
    for path in (ROOT / "scenarios").glob("*.toml"):
        if path.stem not in ("given_up", "history", "nightly", "overload"):
            shutil.copy(path, tmp_path)
    with pytest.raises(UnexercisedError, match="slow_node"):
        exercised(tmp_path)


def test_the_page_lists_each_fault_with_its_armed_form_and_its_scenarios() -> None:
    text = page()
    assert [line for line in text.splitlines() if line.startswith("## ")][:-1] == [f"## {name}" for name in KINDS]
    assert "| [loss](#loss) | F3 | [drop_at](#drop_at) |" in text
    assert armed_form("crash") == "crash_at"
    assert armed_form("crash_at") == ""
    assert all(armed_form(name) in {"", *(n for n, kind in KINDS.items() if kind.armed)} for name in KINDS)


def test_the_page_says_what_each_field_holds() -> None:
    """A number that is no time and one that is are told apart, for whoever writes a plan by hand."""
    text = page()
    rows = {name: text.partition(f"\n## {name}\n")[2].partition("\n## ")[0] for name in KINDS}
    assert "| `lag` | time, µs | `0` |" in rows["slow_node"]
    assert "| `factor` | number | `5` |" in rows["slow_node"]
    assert "| `probability` | from 0 to 1 |  |" in rows["loss"]
    assert "| `silent` | true or false | `False` |" in rows["crash"]
    counts = {
        f.name
        for kind in KINDS.values()
        for f in fields(kind)
        if f.name not in time_fields(kind) | {"at"} and _whole(f)
    }
    assert counts == {"count", "factor", "nth", "rate", "times"}, "a time that is not said to be one"


def _whole(field: FieldInfo) -> bool:
    return getattr(field.type, "__origin__", field.type) is int
