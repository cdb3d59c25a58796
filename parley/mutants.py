"""The mutants: protocols with one decision wrong, each of which names the property that must catch it.

A mutant is a variant file under `properties/mutants/`. Its docstring says what is wrong; `CAUGHT_BY` names the property, and
`SCENARIO` the campaign in which it is looked for. It may name a `STORY` of `scenarios/stories/`, in which its least number of
deviations is looked for first.

Requirements: V3.
"""

from __future__ import annotations

import ast
from pathlib import Path

import msgspec

from parley.errors import BadInput
from properties.catalogue import PROPERTIES

FOLDER = Path(__file__).parent.parent / "properties" / "mutants"


class Mutant(msgspec.Struct, frozen=True):
    """One wrong protocol: its file, what is wrong in it, the property that must catch it, and the campaign to look in."""

    name: str
    file: Path
    wrong: str
    caught_by: str
    scenario: str
    story: str = ""


def mutants(folder: Path = FOLDER) -> list[Mutant]:
    """All mutants of a folder, by name. Raises BadInput for a file that does not say what it must."""
    return [_read(path) for path in sorted(folder.glob("*.py"))]


def _read(path: Path) -> Mutant:
    tree = ast.parse(path.read_text())
    said = {
        target.id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for name in ("CAUGHT_BY", "SCENARIO"):
        if not isinstance(said.get(name), str):
            raise BadInput(f"{path}: expected {name} to be a string")
    if said["CAUGHT_BY"] not in PROPERTIES:
        raise BadInput(f"{path}: CAUGHT_BY: there is no property {said['CAUGHT_BY']!r}")
    wrong = " ".join((ast.get_docstring(tree) or "").split())
    return Mutant(path.stem, path, wrong, said["CAUGHT_BY"], said["SCENARIO"], said.get("STORY", ""))
