"""The mutants: protocols with one decision wrong, each of which names the property that must catch it.

A mutant is a variant file under `properties/mutants/`. Its docstring says what is wrong; `CAUGHT_BY` names the property, and
`SCENARIO` the campaign in which it is looked for. It may name a `STORY` of `scenarios/stories/`, in which its least number of
deviations is looked for first. Some name, as `CLIENTS_SEE`, the property that catches them, too, from what clients alone
observe: it judges what another property of its family judges with sight of the server.

Requirements: V3.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import msgspec

from parley import bundled
from parley.errors import BadInput
from properties.catalogue import PROPERTIES
from sim.registry import Registry, RegistryError

FOLDER = bundled.folder("mutants")


class Mutant(msgspec.Struct, frozen=True):
    """One wrong protocol: its file, what is wrong in it, the property that must catch it, and the campaign to look in."""

    name: str
    file: Path
    wrong: str
    caught_by: str
    scenario: str
    story: str = ""
    clients_see: str = ""

    @property
    def spec(self) -> str:
        """What `--protocol` takes for it: its file, as seen from here."""
        here = Path.cwd()
        return str(self.file.relative_to(here) if self.file.is_relative_to(here) else self.file)

    @property
    def field_bugs(self) -> tuple[int, ...]:
        """The numbers of the bugs of real systems whose mechanism it has, as its docstring says them."""
        said = re.search(r"\(field bugs? ([^)]*)\)", self.wrong)
        return tuple(map(int, re.findall(r"\d+", said.group(1)))) if said else ()


class FieldBug(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A delivery bug of a real chat system: its mechanism, where it was reported, and why no mutant has it, if none does."""

    number: int
    mechanism: str
    reported: str
    why_none: str = ""


class _FieldBugs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bug: tuple[FieldBug, ...]


def field_bugs(folder: Path = FOLDER) -> tuple[FieldBug, ...]:
    """The bugs of `field_bugs.toml`, by number."""
    return msgspec.toml.decode((folder / "field_bugs.toml").read_bytes(), type=_FieldBugs).bug


def registered(*folders: Path) -> Registry[Mutant]:
    """All mutants of these folders, by name. Raises BadInput for a file that does not say what it must, or a name twice."""
    registry: Registry[Mutant] = Registry("mutant")
    for folder in folders or (FOLDER,):
        files = sorted(folder.glob("*.py"))
        if not files:
            raise BadInput(f"{folder}: expected a folder with a variant file for each mutant")
        for path in files:
            try:
                registry.add(path.stem, _read(path), str(path))
            except RegistryError as error:
                raise BadInput(str(error)) from None
    return registry


def mutants(folder: Path = FOLDER) -> list[Mutant]:
    """All mutants of a folder, by name. Raises BadInput for a file that does not say what it must."""
    return list(registered(folder).values())


def _read(path: Path) -> Mutant:
    try:
        tree = ast.parse(path.read_text())
    except (OSError, ValueError, SyntaxError) as error:
        at = f":{error.lineno}" if isinstance(error, SyntaxError) else ""
        raise BadInput(f"{path}{at}: {error}") from None
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
    for name in ("CAUGHT_BY", "CLIENTS_SEE"):
        if name in said and said[name] not in PROPERTIES:
            raise BadInput(f"{path}: {name}: {PROPERTIES.unknown(said[name])}")
    wrong = " ".join((ast.get_docstring(tree) or "").split())
    return Mutant(
        path.stem, path, wrong, said["CAUGHT_BY"], said["SCENARIO"], said.get("STORY", ""), said.get("CLIENTS_SEE", "")
    )
