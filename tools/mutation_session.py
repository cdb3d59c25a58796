"""A pytest plugin that runs the tests which it is given on each mutation of some modules, in forks of one process.

`tools/mutate.py` starts pytest with it. Cosmic Ray says which mutations there are. All is imported and collected once; then
each test is run once, to see which functions of the mutated modules it calls. A mutation is put into a fork: the functions
that it changes get their new code, and the tests that call them are run until one fails, those first that noticed the most so
far, then those that call the least else. What nothing notices there, and was called while modules were imported, is tried again
in a process of its own, with the file on the disk.

A test that takes longer than `SLOW` seconds is a campaign and no history, and is left out.

Requirements: V3.
"""

from __future__ import annotations

import ast
import difflib
import gc
import json
import math
import mmap
import os
import pickle
import re
import resource
import struct
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
FILES, RESULT, JOBS = "MUTATED_FILES", "MUTATION_RESULT", "MUTATION_JOBS"
SLOW = 1.0
MEMORY = 3 << 30

Key = tuple[str, str, int]
"""Which function: its file, its qualified name, and its first line."""


class Mutation(NamedTuple):
    """A module's file with one thing flipped, and the line that differs."""

    file: str
    source: str
    line: str


class Traced(NamedTuple):
    """What a test calls, and how long it takes."""

    calls: frozenset[Key]
    seconds: float


_at_import: set[Key] = set()


def key(code: CodeType) -> Key:
    """Which function a code is of."""
    return code.co_filename, code.co_qualname, code.co_firstlineno


class _Calls:
    """Notes which functions of these files are called."""

    def __init__(self, files: set[str]) -> None:
        self.files = files
        self.calls: set[Key] = set()

    def __call__(self, frame: FrameType, event: str, arg: object) -> None:
        code = frame.f_code
        if code.co_filename in self.files:
            self.calls.add(key(code))


def _files() -> list[str]:
    return json.loads(os.environ[FILES])  # type: ignore[no-any-return]


def pytest_configure() -> None:
    """From here on, what is called while modules are imported is noted."""
    noted = _Calls(set(_files()))
    noted.calls = _at_import
    sys.settrace(noted)


def pytest_runtestloop(session: pytest.Session) -> bool:
    """Runs the mutations instead of the tests, and leaves what survived."""
    sys.settrace(None)
    traced = _trace(session)
    slow = [name for name, each in traced.items() if each.seconds > SLOW]
    print(f"{len(traced)} tests, {len(slow)} left out as slow", file=sys.__stderr__, flush=True)
    live = _live(set(_files()))
    gc.collect()
    gc.freeze()  # so that collections in forks do not touch, and so copy, all that there is
    jobs = int(os.environ.get(JOBS, "1"))
    found: dict[str, dict[str, Any]] = {}
    for file in _files():
        began = time.monotonic()
        mutations = list(mutations_of(file))
        outcomes = _run_all(session, mutations, traced, live, jobs)
        survived = [mutation.line for mutation, outcome in zip(mutations, outcomes, strict=True) if outcome]
        found[file] = {"mutations": len(mutations), "survived": survived}
        Path(os.environ[RESULT]).write_text(json.dumps(found))
        name = Path(file).relative_to(ROOT)
        taken = time.monotonic() - began
        print(f"{name}: {len(mutations)} mutations, {len(survived)} not noticed, {taken:.0f} s", file=sys.__stderr__)
        for line in survived:
            print(f"    {line}", file=sys.__stderr__, flush=True)
    return True


def mutations_of(file: str) -> Iterator[Mutation]:
    """All mutations of a module, as Cosmic Ray makes them with the operators that are not excluded."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    config = tomllib.loads((ROOT / "tools" / "mutate.toml").read_text())["cosmic-ray"]
    excluded = re.compile("|".join(config["filters"]["operators-filter"]["exclude-operators"]))
    source = Path(file).read_text()
    tree = get_ast(source)
    for name in operator_names():
        kind = get_operator(name)
        if kind.arguments() or excluded.match(name):
            continue
        operator = kind()
        number = sum(1 for node in ast_nodes(tree) for _ in operator.mutation_positions(node))
        for occurrence in range(number):
            mutated = mutate_code(source, kind(), occurrence)
            if mutated is not None:
                yield Mutation(file, mutated, _new_line(source, mutated))


def _new_line(source: str, mutated: str) -> str:
    diff = difflib.unified_diff(source.splitlines(), mutated.splitlines(), lineterm="", n=0)
    return " ".join(line[1:].strip() for line in diff if line.startswith("+") and not line.startswith("+++"))


def _trace(session: pytest.Session) -> dict[str, Traced]:
    """Runs each test once, in a fork, and returns what it calls."""
    with tempfile.NamedTemporaryFile() as result:
        pid = os.fork()
        if pid == 0:
            noted = _Calls(set(_files()))
            traced, failed = {}, 0
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            for item in session.items:
                noted.calls = set()
                began = time.process_time()
                sys.settrace(noted)
                item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
                sys.settrace(None)
                traced[item.nodeid] = Traced(frozenset(noted.calls), time.process_time() - began)
                if session.testsfailed > failed:
                    failed += 1
                    print(f"fails as it is, and is left out: {item.nodeid}", file=sys.__stderr__, flush=True)
                    traced[item.nodeid] = Traced(frozenset(), math.inf)
            Path(result.name).write_bytes(pickle.dumps(traced))
            os._exit(0)
        if os.waitpid(pid, 0)[1]:
            raise pytest.UsageError("the tests were ended")
        return pickle.loads(Path(result.name).read_bytes())  # type: ignore[no-any-return]


def _live(files: set[str]) -> dict[Key, list[FunctionType]]:
    """All functions of these files that exist now."""
    found: dict[Key, list[FunctionType]] = {}
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and each.__code__.co_filename in files:
            found.setdefault(key(each.__code__), []).append(each)
    return found


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from _codes(const)


def _changed(mutation: Mutation) -> list[tuple[CodeType, CodeType]] | None:
    """The code objects that a mutation changes, each with the new one; None if they do not correspond."""
    before = list(_codes(compile(Path(mutation.file).read_text(), mutation.file, "exec", dont_inherit=True)))
    after = list(_codes(compile(mutation.source, mutation.file, "exec", dont_inherit=True)))
    if [key(code) for code in before] != [key(code) for code in after]:
        return None
    return [(old, new) for old, new in zip(before, after, strict=True) if old != new]


def _changed_values(mutation: Mutation) -> list[tuple[type, str, object]]:
    """The plain values of classes that a mutation changes: the class, the name, and the new value."""
    module = sys.modules[".".join(Path(mutation.file).relative_to(ROOT).with_suffix("").parts)]
    before, after = (_values(ast.parse(source)) for source in (Path(mutation.file).read_text(), mutation.source))
    return [
        (getattr(module, owner), name, value)
        for (owner, name), value in after.items()
        if before.get((owner, name), value) is not value and isinstance(getattr(module, owner, None), type)
    ]


def _values(tree: ast.Module) -> dict[tuple[str, str], object]:
    """True and False as attributes of classes, by class and name."""
    found: dict[tuple[str, str], object] = {}
    for owner in tree.body:
        for node in owner.body if isinstance(owner, ast.ClassDef) else ():
            target = node.target if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [None])[0]
            value = getattr(node, "value", None)
            if isinstance(owner, ast.ClassDef) and isinstance(target, ast.Name) and isinstance(value, ast.Constant):
                found[owner.name, target.id] = value.value
    return found


def _run_all(
    session: pytest.Session,
    mutations: list[Mutation],
    traced: dict[str, Traced],
    live: dict[Key, list[FunctionType]],
    jobs: int,
) -> list[bool]:
    """Which mutations survive."""
    outcomes: dict[int, bool] = {}
    running: dict[int, int] = {}
    again: list[int] = []
    killer = mmap.mmap(-1, 8 * (len(mutations) + 1))
    kills: dict[int, int] = {}

    def reap() -> None:
        pid, status = os.wait()
        number = running.pop(pid)
        outcomes[number] = status == 0
        if status:
            (at,) = struct.unpack_from("q", killer, 8 * number)
            kills[at] = kills.get(at, 0) + 1

    for number, mutation in enumerate(mutations):
        try:
            changed = _changed(mutation)
        except SyntaxError:
            outcomes[number] = False
            continue
        if changed == []:
            outcomes[number] = True  # no other code: an annotation, or the same condition
            continue
        swaps = [(each, new) for old, new in changed or () for each in live.get(key(old), ())]
        keys = {key(new) for _, new in swaps}
        values = [] if swaps else _changed_values(mutation)
        items = sorted(
            (-kills.get(at, 0), len(traced[item.nodeid].calls), at)
            for at, item in enumerate(session.items)
            if traced[item.nodeid].seconds <= SLOW and (values or traced[item.nodeid].calls & keys)
        )
        if not items or keys & _at_import:
            again.append(number)
        if items:
            while len(running) >= jobs:
                reap()
            tests = [(at, traced[session.items[at].nodeid].seconds) for _, _, at in items]
            running[_forked(session, swaps, values, tests, killer, 8 * number)] = number
        else:
            outcomes[number] = True
    while running:
        reap()
    for number in again:
        if outcomes[number]:
            outcomes[number] = _survives_on_disk(mutations[number], traced)
    return [outcomes[number] for number in range(len(mutations))]


def _forked(
    session: pytest.Session,
    swaps: list[tuple[FunctionType, CodeType]],
    values: list[tuple[type, str, object]],
    tests: list[tuple[int, float]],
    killer: mmap.mmap,
    offset: int,
) -> int:
    """Runs these tests, each with the seconds that it takes, with the new code, in a fork that ends with 0 if all pass.

    The number of the test that runs is written into `killer`. Returns the fork's number.
    """
    pid = os.fork()
    if pid:
        return pid
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        for each, new in swaps:
            each.__code__ = new
        for owner, name, value in values:
            setattr(owner, name, value)
        for at, seconds in tests:
            struct.pack_into("q", killer, offset, at)
            limit = int(time.process_time() + 3 + 4 * seconds)
            resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
            item = session.items[at]
            item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
            if session.testsfailed:
                os._exit(1)
        os._exit(0)
    finally:
        os._exit(1)


def _survives_on_disk(mutation: Mutation, traced: dict[str, Traced]) -> bool:
    """Whether all tests pass in a process of their own, in a copy of the sources with this mutation."""
    from tools.mutate import copied, tests_in

    print(f"on the disk: {mutation.line}", file=sys.__stderr__, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        where = copied(Path(folder))
        (where / Path(mutation.file).relative_to(ROOT)).write_text(mutation.source)
        slow = [f"--deselect={name}" for name, each in traced.items() if each.seconds > SLOW]
        try:
            done = subprocess.run(
                tests_in(where, "-x", *slow),
                cwd=where,
                timeout=600,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0
