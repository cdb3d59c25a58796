"""What people imported from `model` and `sim` at 7aa79c4, in variants of theirs, imports as it did.

`names.json` has each module of then, with the public names that it defined, those of other modules of Parley's that it
imported (`also`), and what `import *` gave where that was less than all of it (`star`).
"""

from __future__ import annotations

import importlib
import json

import pytest

from tools.compat import CORPUS

NAMES: dict[str, dict[str, list[str]]] = json.loads((CORPUS / "names.json").read_text())

KEPT = {
    "parley.campaign": ["pass_checkpoints"],
    "parley.replaying": ["replay"],
    "parley.scenario": ["Checkpoint"],
}
"""What the tests import that `parley shrink` writes, and people keep."""


def missing(module: str, names: list[str]) -> list[str]:
    """Of these names, those that can't be imported from a module, as `module.name`."""
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        return [f"{module}: {error}"]
    return [f"{module}.{name}" for name in names if not hasattr(found, name)]


@pytest.mark.parametrize("module", NAMES)
def test_every_public_name_imports_by_itself(module: str) -> None:
    names = NAMES[module]
    assert missing(module, [*names["defined"], *names["also"]]) == []


@pytest.mark.parametrize("module", NAMES)
def test_a_star_imports_every_public_name(module: str) -> None:
    names = NAMES[module]
    space: dict[str, object] = {}
    exec(f"from {module} import *", space)
    assert [name for name in names.get("star", [*names["defined"], *names["also"]]) if name not in space] == []


@pytest.mark.parametrize("module", NAMES)
def test_a_name_is_the_same_by_every_way(module: str) -> None:
    """`import model.store` and then `model.store.MessageStore`, and the class where its new place has it."""
    space: dict[str, object] = {}
    exec(f"import {module}", space)
    for name in NAMES[module]["defined"]:
        value = eval(f"{module}.{name}", space)
        home = getattr(value, "__module__", None)
        if isinstance(value, type) and home is not None:
            assert getattr(importlib.import_module(home), value.__name__) is value


@pytest.mark.requirement("V6")
@pytest.mark.parametrize("module", KEPT)
def test_what_kept_tests_import_is_there(module: str) -> None:
    assert missing(module, KEPT[module]) == []
