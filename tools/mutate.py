"""Mutates the checkers, and says which mutations no history of tests/properties notices.

A checker whose condition can be flipped unnoticed is one that may be wrong. Cosmic Ray flips one at a time, in a copy of
the sources, and runs the tests of the properties on it: first the histories of the module's own properties, which kill most.
Modules are mutated side by side, one on each core. What survives is either killed by a new history, or listed in
`tests/properties/equivalent.toml` with the reason why it judges every history alike.

    make mutate                                    # half an hour and more
    make mutate MODULES="cursors durability"       # minutes
    make mutate MODULES=stale                      # those that changed since they were measured, or never were

Exit code 1 if something survives that is not listed, or something is listed that no longer survives. The numbers are kept in
`parley/measured/checkers.json`, by module; `tools/checkers.py` makes the page of them.

Requirements: V3.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Container
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from properties.catalogue import CATALOGUE
from tools.checkers import LISTED, Row, file_of, hash_of, mutated, read, write

ROOT = Path(__file__).parent.parent
EVERYTHING = '["properties"]'
COPIED = ("sim", "model", "faults", "properties", "reports", "parley", "tests", "scenarios", "pyproject.toml")
OWN_CASES = "tests/properties/test_properties.py::test_the_{which}[{name}]"

Line = tuple[str, str]
"""A module's name, and a line of it as it was mutated."""


def mutate_all(modules: list[str]) -> tuple[dict[str, int], dict[Line, int]]:
    """Mutates these modules side by side. Returns how many mutations each has, and which lines survived, how often."""
    mutations: dict[str, int] = {}
    survived: dict[Line, int] = {}
    with ThreadPoolExecutor(os.cpu_count()) as side_by_side:
        for module, (number, alive) in zip(modules, side_by_side.map(_in_a_copy, modules), strict=True):
            mutations[module] = number
            survived.update(alive)
    return mutations, survived


def _in_a_copy(module: str) -> tuple[int, dict[Line, int]]:
    with tempfile.TemporaryDirectory() as folder:
        number, survived = mutate(Path(folder), module)
    print(f"{module}: {number} mutations, {sum(survived.values())} not noticed", flush=True)
    return number, survived


def mutate(where: Path, module: str) -> tuple[int, dict[Line, int]]:
    """Runs all mutations of a module in a copy of the sources. Returns their number, and which lines survived, how often."""
    for name in COPIED:
        source = ROOT / name
        copy = where / name
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__")) if source.is_dir() else shutil.copy(
            source, copy
        )
    bin = Path(sys.executable).parent
    env = {**os.environ, "PATH": f"{bin}{os.pathsep}{os.environ['PATH']}", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    text = (ROOT / "tools" / "mutate.toml").read_text()
    config, session = str(where / "mutate.toml"), str(where / "session.sqlite")
    Path(config).write_text(_only(text, module))
    command = tomllib.loads(Path(config).read_text())["cosmic-ray"]["test-command"]
    subprocess.run(
        shlex.split(command), cwd=where, env=env, check=True, stdout=subprocess.DEVNULL
    )  # they pass as it is; and all is compiled once, here
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    subprocess.run([str(bin / "cosmic-ray"), "init", config, session], cwd=where, env=env, check=True)
    subprocess.run([str(bin / "cr-filter-operators"), session, config], cwd=where, env=env, check=True)
    subprocess.run([str(bin / "cosmic-ray"), "exec", config, session], cwd=where, env=env, check=True)
    survived: dict[Line, int] = {}
    with sqlite3.connect(session) as db:
        rows = db.execute(
            "select diff, test_outcome, output from mutation_specs join work_results using (job_id) "
            "where test_outcome is not null order by module_path, start_pos_row, operator_name, occurrence"
        ).fetchall()
    for diff, outcome, output in rows:
        new = [line[1:].strip() for line in diff.splitlines() if line.startswith("+") and not line.startswith("+++")]
        line = (module, " ".join(new))
        if outcome.lower().endswith("survived"):
            survived[line] = survived.get(line, 0) + 1
        elif output == "timeout":
            print(f"killed by the time limit  {module}: {line[1]}")
    return len(rows), survived


def _only(config: str, module: str) -> str:
    """Return the configuration with this module instead of all, whose properties' own histories are judged first."""
    names = [kind.name for kind in CATALOGUE if kind.__module__ == f"properties.{module}"]
    own = [
        OWN_CASES.format(which=which, name=name)
        for name in names
        for which in ("violating_history_is_caught_with_its_evidence", "near_miss_holds")
    ]
    before, after = config.split(f"module-path = {EVERYTHING}")
    config = f'{before}module-path = ["{file_of(module).relative_to(ROOT)}"]{after}'
    if not own:
        return config
    everything = tomllib.loads(config)["cosmic-ray"]["test-command"]
    first = everything.removesuffix("tests/properties") + " ".join(f"'{test}'" for test in own)
    return config.replace(f'"{everything}"', f'"""sh -c "{first} && {everything}" """')


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
    listed = {
        (entry["module"], entry["mutated"]): entry["why"]
        for entry in tomllib.loads(LISTED.read_text())["equivalent"]
        if entry["module"] in modules
    }
    hashes = {module: hash_of(module) for module in mutated()}
    mutations, survived = mutate_all(modules)
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
