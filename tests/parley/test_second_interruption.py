"""A second Ctrl-C, while a long command tells what it found, keeps the exit code of that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hostility import ended
from support import scenario

from parley import exits
from parley.commands import mutants, radius
from parley.commands import search as searching

pytestmark = pytest.mark.requirement("R1")


def _interrupted(*given: Any, **more: Any) -> Any:
    raise KeyboardInterrupt


def _search() -> None:
    search: Any = searching
    plan = scenario("w1").plan(1)
    found = searching.Found("seeds", "", "w1", 1, 0.1, violated=("shown-once",), plan=plan)
    search.search = lambda *given, **more: found
    search.execute = _interrupted


def _radius() -> None:
    module: Any = radius
    module.enumerate_sets = lambda *given, **more: None
    module.certificate = lambda *given: None
    module.exit_code = lambda certified: exits.BROKEN
    module._write_plans = _interrupted


def _mutants() -> None:
    module: Any = mutants
    module.find_score = lambda *given, **more: SimpleNamespace(ok=False)
    module.write_result = _interrupted


@pytest.mark.parametrize(
    ("prepare", "command"),
    [
        (_search, ("search", "w1")),
        (_radius, ("radius", "w1", "--gate", "1")),
        (_mutants, ("mutants", "--only", "no_dedupe")),
    ],
    ids=["search", "radius", "mutants"],
)
def test_what_was_found_stays_found(prepare: Callable[[], None], command: tuple[str, ...], tmp_path: Path) -> None:
    end = ended(*command, "--out", str(tmp_path), prepare=prepare, seconds=60)
    assert (end.code, end.err) == (exits.BROKEN, "parley: interrupted\n")
