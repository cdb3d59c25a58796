"""A command starts quickly: nothing heavy is imported before it is used. Modules are counted, and no seconds."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from importlib import import_module

import pytest
from support import ROOT

from parley.cli import COMMANDS

PAGES = {"matplotlib", "jinja2", "pandas", "numpy", "pyarrow", "scipy"}
WORK = {"networkx", "hypothesis", "pytest", "multiprocessing", "concurrent.futures.process", "asyncio"}

pytestmark = pytest.mark.requirement("N6")


def imported(*arguments: str) -> set[str]:
    """The modules that there are at the end of a command."""
    told = f"""
import atexit, json, sys
sys.argv = ["parley", *{arguments!r}]
atexit.register(lambda: print(json.dumps([*sys.modules]), file=sys.stderr))
from parley.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_the_page_of_all_commands_imports_none_of_them() -> None:
    there = imported("--help")
    assert not there & (PAGES | WORK | {"simpy", "msgspec", "model.protocol", "faults", "properties", "reports"})
    assert not [name for name in there if name.startswith("parley.commands")]


def test_a_run_imports_neither_what_draws_nor_what_searches_nor_other_commands() -> None:
    there = imported("run", "w1")
    assert not there & (PAGES | WORK | {"parley.parting", "faults.shrink.shrinker", "faults.search.catalogue"})
    assert {name for name in there if name.startswith("parley.commands.")} == {
        "parley.commands.run",
        "parley.commands.single_run",
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_of_all_commands_says_how_the_help_of_each_begins(name: str) -> None:
    command = import_module(f"parley.commands.{name.replace('-', '_')}").command
    assert COMMANDS[name] == " ".join((inspect.getdoc(command) or "").split("\n\n")[0].split())
