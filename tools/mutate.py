"""Mutates the checkers, and says which mutations no history of tests/properties notices.

A checker whose condition can be flipped unnoticed is one that may be wrong. One at a time is flipped, of those that Cosmic
Ray finds, and the tests of the properties that call the changed function are run on it (`tools/mutation_session.py`), as many
side by side as there are cores. What survives is either killed by a new history, or listed in
`tests/properties/equivalent.toml` with the reason why it judges every history alike.

    make mutate                                    # a quarter of an hour, on two cores
    make mutate MODULES="cursors durability"       # two minutes: all tests are run once, to see what they call
    make mutate MODULES=stale                      # those that changed since they were measured, or never were

Exit code 1 if something survives that is not listed, or something is listed that no longer survives. The numbers are kept in
`parley/measured/checkers.json`, by module, those of the modules that are done, too, if it is interrupted; `tools/checkers.py`
makes the page of them.

Requirements: V3.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Container
from pathlib import Path

from tools.checkers import LISTED, Row, file_of, hash_of, module_of, mutated, read, write
from tools.mutation_session import FILES, JOBS, RESULT

ROOT = Path(__file__).parent.parent
COPIED = ("sim", "model", "faults", "properties", "reports", "parley", "tests", "scenarios", "pyproject.toml")

Line = tuple[str, str]
"""A module's name, and a line of it as it was mutated."""


def mutate_all(modules: list[str]) -> tuple[dict[str, int], dict[Line, int]]:
    """Mutates these modules. Returns how many mutations each has, and which lines survived, how often.

    If it is interrupted, that of the modules that were done by then.
    """
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        env = {
            JOBS: str(os.cpu_count()),
            **os.environ,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            FILES: json.dumps([str(file_of(module)) for module in modules]),
            RESULT: str(result),
        }
        command = tests_in(ROOT, "-p", "tools.mutation_session")
        with contextlib.suppress(KeyboardInterrupt):
            subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
        done = json.loads(result.read_text()) if result.exists() else {}
        found = {module_of(Path(file)): each for file, each in done.items()}
    survived: dict[Line, int] = {}
    for module, each in found.items():
        for line in each["survived"]:
            survived[module, line] = survived.get((module, line), 0) + 1
    return {module: each["mutations"] for module, each in found.items()}, survived


def tests_in(where: Path, *options: str) -> list[str]:
    """The command that runs the tests of the properties in a folder of sources, and nothing but pytest with them."""
    paths = f"pythonpath={where} {where / 'tests'}"
    light = (
        "-q",
        "--assert=plain",
        "--tb=no",
        "-p",
        "no:cacheprovider",
        "-c",
        "tests/properties/light.ini",
        "--rootdir",
        ".",
        "-o",
        paths,
    )
    return [sys.executable, "-m", "pytest", *light, *options, "tests/properties/test_properties.py", "tests/properties"]


def copied(where: Path) -> Path:
    """Copies the sources, for a process of its own."""
    for name in COPIED:
        source = ROOT / name
        copy = where / name
        shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
    return where


def stale() -> list[str]:
    """Return the modules that were never measured, or changed since."""
    rows = read()
    return [module for module in mutated() if module not in rows or rows[module].measured != hash_of(module)]


def keep(mutations: dict[str, int], survived: dict[Line, int], listed: Container[Line], hashes: dict[str, str]) -> None:
    """Writes the numbers of these modules to the kept result."""
    rows = read()
    for module, number in mutations.items():
        alive = {line: times for line, times in survived.items() if line[0] == module}
        equal = sum(times for line, times in alive.items() if line in listed)
        surviving = sum(alive.values()) - equal
        rows[module] = Row(hashes[module], number, number - equal - surviving, equal, surviving)
    write(rows)


def main(modules: list[str]) -> int:
    """Runs, prints, and returns the exit code."""
    unknown = sorted(set(modules) - {"stale", *mutated()})
    if unknown:
        print(f"no checkers: {', '.join(unknown)}; there are {', '.join(mutated())}", file=sys.stderr)
        return 2
    modules = stale() if modules == ["stale"] else modules or mutated()
    hashes = {module: hash_of(module) for module in mutated()}
    mutations, survived = mutate_all(modules)
    listed = {
        (entry["module"], entry["mutated"]): entry["why"]
        for entry in tomllib.loads(LISTED.read_text())["equivalent"]
        if entry["module"] in mutations
    }
    keep(mutations, survived, listed, hashes)
    alive = [line for line in survived if line not in listed]
    killed = [line for line in listed if line not in survived]
    for module, line in alive:
        print(f"survives  {module}: {line}")
    for module, line in killed:
        print(f"listed, but killed  {module}: {line}")
    unnoticed = sum(survived.values())
    equal = sum(times for line, times in survived.items() if line in listed)
    number = sum(mutations.values())
    print(f"{number} mutations: {number - unnoticed} killed, {equal} equivalent, {unnoticed - equal} survive")
    return 1 if alive or killed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
