"""Writes docs/coverage.md: for each requirement, the code and the tests that cite it. `--check`: is it up to date?

Code cites ids in a docstring's line `Requirements: P1, P2.`, a scenario in a comment `# Requirements: W1.`; a test by
`@pytest.mark.requirement("P1")` on itself, its class or its module. Nothing is marked as done by hand: an id has code
and a test, or the page says what is missing.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from tools.pages import publish

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "coverage.md"
CODE = ("sim", "model", "faults", "properties", "reports", "parley")
NAMED = 4
"""So many tests of a file are named in a row; more are counted."""
_LINE = re.compile(r"^\s*(?:# )?Requirements:(.*)$")
_IDS = re.compile(r" [A-Z]\d+(, [A-Z]\d+)*\.")


class Mark(NamedTuple):
    """A citation: of which id, from where (file, then qualified name), on which line."""

    id: str
    place: str
    line: int


class CoverageError(ValueError):
    """A mark that can't be read, or cites an id which does not exist. Names file and line."""


def requirements(text: str) -> dict[str, str]:
    """The ids of the requirements page, with their lines."""
    return dict(re.findall(r"^\| ([A-Z]\d+) \| (.+) \|$", text, re.MULTILINE))


def code_marks(path: str, text: str) -> Iterator[Mark]:
    """The citations of a code or scenario file. Raises CoverageError for a line that is nearly a citation."""
    if path.endswith(".toml"):
        comments = "\n".join(line if line.startswith("#") else "" for line in text.splitlines())
        yield from _cited(path, path, comments, 1)
        return

    def visit(node: ast.Module | ast.ClassDef | ast.FunctionDef, names: tuple[str, ...]) -> Iterator[Mark]:
        if ast.get_docstring(node, clean=False) is not None:
            first = node.body[0]
            place = f"{path}:{'.'.join(names)}" if names else path
            # The source's own lines, so that an escaped line end in the docstring shifts nothing.
            lines = text.splitlines()[first.lineno - 1 : first.end_lineno]
            yield from _cited(path, place, "\n".join(lines).replace('"""', ""), first.lineno)
        for child in node.body:
            if isinstance(child, ast.ClassDef | ast.FunctionDef):
                yield from visit(child, (*names, child.name))

    yield from visit(ast.parse(text), ())


def _cited(path: str, place: str, text: str, first: int) -> Iterator[Mark]:
    for number, line in enumerate(text.splitlines(), first):
        if found := _LINE.match(line):
            ids = found[1].rstrip()
            if not _IDS.fullmatch(ids):
                raise CoverageError(f"{path}:{number}: not of the form 'Requirements: P1, P2.': {line.strip()}")
            for id in ids.strip(" .").split(", "):
                yield Mark(id, place, number)


def test_marks(path: str, text: str) -> Iterator[Mark]:
    """The citations of a test file: each test with the ids of itself, its classes and its module.

    Raises CoverageError for an id that is not written out as a string.
    """

    def visit(body: list[ast.stmt], names: tuple[str, ...], inherited: list[tuple[str, int]]) -> Iterator[Mark]:
        marked = [value for node in body for value in _pytestmark(node)]
        inherited = inherited + [id for value in marked for id in _ids(path, value)]
        for node in body:
            if not isinstance(node, ast.ClassDef | ast.FunctionDef):
                continue
            own = inherited + [id for decorator in node.decorator_list for id in _ids(path, decorator)]
            if isinstance(node, ast.ClassDef):
                yield from visit(node.body, (*names, node.name), own)
            elif node.name.startswith("test_"):
                for id, line in dict(reversed(own)).items():
                    yield Mark(id, "::".join((path, *names, node.name)), line)

    yield from visit(ast.parse(text).body, (), [])


def _pytestmark(node: ast.stmt) -> list[ast.expr]:
    """What a statement assigns to `pytestmark`."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    if not any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in targets):
        return []
    assert isinstance(node, ast.Assign | ast.AnnAssign)
    return [node.value] if node.value is not None else []


def _ids(path: str, node: ast.AST) -> list[tuple[str, int]]:
    """The ids, each with its line, in `pytest.mark.requirement(...)` calls below a node."""
    ids = []
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "requirement":
            for argument in call.args:
                if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                    raise CoverageError(f"{path}:{argument.lineno}: a requirement is cited by its id as a string")
                ids.append((argument.value, argument.lineno))
    return ids


def cited_files(root: Path) -> list[str]:
    """The files whose marks count, relative to `root`. Tests are wherever pytest collects them."""
    code = {path for folder in CODE for path in (root / folder).rglob("*.py")}
    tests = set((root / "tests").rglob("test_*.py"))
    scenarios = set((root / "scenarios").rglob("*.toml"))
    return sorted(path.relative_to(root).as_posix() for path in code | tests | scenarios)


def collect(root: Path, known: dict[str, str]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Places in code and tests by id. Raises CoverageError for an unknown id."""
    code: dict[str, list[str]] = {id: [] for id in known}
    tests: dict[str, list[str]] = {id: [] for id in known}
    for path in cited_files(root):
        is_test = Path(path).name.startswith("test_")
        marks = (test_marks if is_test else code_marks)(path, (root / path).read_text(encoding="utf-8"))
        for mark in marks:
            if mark.id not in known:
                raise CoverageError(f"{path}:{mark.line}: there is no requirement {mark.id}")
            places = (tests if is_test else code)[mark.id]
            if mark.place not in places:
                places.append(mark.place)
    return code, tests


def _by_file(places: list[str]) -> Iterator[str]:
    """Tests by name; those of a file with many of them by their number."""
    for path, group in groupby(places, lambda place: place.split("::")[0]):
        named = list(group)
        name = path.removeprefix("tests/")
        if len(named) > NAMED:
            yield f"`{name}` ({len(named)} tests)"
        else:
            yield from (f"`{place.removeprefix('tests/')}`" for place in named)


def page(known: dict[str, str], code: dict[str, list[str]], tests: dict[str, list[str]]) -> str:
    """The whole page."""
    status = {
        id: {(True, True): "code and test", (True, False): "code only", (False, True): "test only"}.get(
            (bool(code[id]), bool(tests[id])), "—"
        )
        for id in known
    }
    totals = ", ".join(f"{list(status.values()).count(s)} {s}" for s in ("code and test", "code only", "test only"))
    lines = [
        "# Coverage",
        "",
        "<!-- generated by tools/coverage.py; do not edit -->",
        "",
        "Which code and which tests cite which requirement. An id that only code cites has no test of its own; a dash "
        "means that it isn't there yet. A citation says that the id was begun, not that all of it is done.",
        "",
        f"{len(known)} requirements: {totals}, {list(status.values()).count('—')} not there yet.",
        "",
        "| id | requirement | status | code | tests |",
        "|---|---|---|---|---|",
    ]
    for id, text in known.items():
        cited = ", ".join(f"`{place}`" for place in code[id])
        tested = ", ".join(_by_file(tests[id]))
        lines.append(f"| {id} | {text} | {status[id]} | {cited} | {tested} |")
    return "\n".join(lines)


def main() -> int:
    """Writes or checks the page."""
    known = requirements((ROOT / "docs" / "requirements.md").read_text())
    try:
        code, tests = collect(ROOT, known)
    except CoverageError as error:
        print(error, file=sys.stderr)
        return 2
    return publish(PAGE, page(known, code, tests), check="--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
