"""All kinds of fault: one file each, in a folder that says what is struck. Importing this package finds and checks them.

Each is plain data that says what happens, when or at which armed point, and for how long. A *timed* fault begins at `at`;
an *armed* one waits from `at` on for its point: the `nth` time that a node reaches a crash point, or that a message of some
kind passes. At the end of a plan everything that is still on is ended, and what has not fired is disarmed. One that is *for
good* isn't ended. A *selector* names nodes: a node's name, `kind:gateway`, `region:eu`, or `*`.

The classes are attributes of this package, too: `faults.kinds.CrashAt`.

Requirements: F1, F2, F3, F4, F5, F6, F7, F8, F9, P15.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import reduce
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import TYPE_CHECKING, Any

from faults import fault
from faults.fault import KINDS, name_of
from sim.registry import RegistryError


def find(package: str, path: Sequence[str]) -> None:
    """Imports every file of a package's folders. Raises RegistryError for one that holds a kind and does not register it."""
    for folder in sorted(folder for place in path for folder in Path(place).iterdir() if folder.is_dir()):
        if any(folder.glob("*.py")) and not (folder / "__init__.py").exists():
            raise RegistryError(f"{folder}: has no __init__.py, so that the kinds of fault in it can't be found")
    for module in sorted(each.name for each in walk_packages(path, f"{package}.") if not each.ispkg):
        own = [c for c in vars(import_module(module)).values() if isinstance(c, type) and c.__module__ == module]
        registered = [cls for cls in own if cls in fault.KINDS.values()]
        for cls in own:
            if issubclass(cls, fault.Fault) and not any(issubclass(kind, cls) for kind in registered):
                raise RegistryError(
                    f"{module}: {cls.__name__} is not registered: decorate it with @kind and its name in plans"
                )


find(__name__, __path__)
KINDS.complete()

EVERYDAY = tuple(name for name, kind in KINDS.items() if kind.everyday)
"""What a campaign uses that names no kinds."""

if TYPE_CHECKING:
    from faults.fault import Fault
else:
    Fault = reduce(operator.or_, KINDS.values())
    """Any kind of fault, as a plan's or a scenario's structs say it."""

_BY_CLASS = {kind.__name__: kind for kind in KINDS.values()}
if len(_BY_CLASS) < len(KINDS):
    twice = [name for name, kind in KINDS.items() if _BY_CLASS[kind.__name__] is not kind]
    raise RegistryError(f"fault {', '.join(map(repr, twice))}: its class has the name of another kind's")


def __getattr__(name: str) -> Any:
    """The kind that is a class of this name."""
    try:
        return _BY_CLASS[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None


__all__ = ["EVERYDAY", "KINDS", "Fault", "name_of"]
