"""Whether a class of somebody else's can be an adapter: what it lacks is told before a server is started.

Requirements: V1, R7.
"""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

from parley.errors import BadInput
from parley.record.recorders.adapter import Adapter, Connection
from sim.near import near

NAMED = ("kind", "program", "module")
"""What an adapter has to say of itself."""


def check(module: ModuleType, file: str, name: str) -> type[Adapter]:
    """The adapter of that name in a file, and its connections are what is expected. Raises BadInput: file, class and method."""
    found = getattr(module, name, None)
    classes = {each: kind for each, kind in vars(module).items() if inspect.isclass(kind)}
    if not inspect.isclass(found):
        own = [each for each, kind in classes.items() if issubclass(kind, Adapter) and kind is not Adapter]
        raise BadInput(f"{file}: there is no class {name!r} in it{near(name, own)}; expected FILE.py:CLASS")
    if not issubclass(found, Adapter):
        raise BadInput(f"{file}: {name}: expected a class that derives from {Adapter.__module__}.Adapter")
    for said in NAMED:
        if not isinstance(getattr(found, said, None), str):
            raise BadInput(f"{file}: {name}.{said}: expected a string")
    _methods(file, found, Adapter)
    for kind in classes.values():
        if issubclass(kind, Connection) and kind.__module__ == module.__name__:
            _methods(file, kind, Connection)
    return found


def _methods(file: str, kind: type, base: type) -> None:
    """Each method of the base is there, and can be called as that is."""
    for name, expected in vars(base).items():
        if not inspect.isfunction(expected):
            continue
        where = f"{file}: {kind.__name__}.{name}"
        own: Any = getattr(kind, name)
        says = f"expected {'async ' if inspect.iscoroutinefunction(expected) else ''}def {_signature(name, expected)}"
        if getattr(own, "__isabstractmethod__", False):
            raise BadInput(f"{where}: it is missing; {says}")
        if own is expected:
            continue
        if not callable(own) or inspect.iscoroutinefunction(own) != inspect.iscoroutinefunction(expected):
            raise BadInput(f"{where}: {says}")
        try:
            inspect.signature(own).bind(*inspect.signature(expected).parameters)
        except TypeError:
            raise BadInput(f"{where}: {says}, and not {_signature(name, own)}") from None


def _signature(name: str, method: Any) -> str:
    return f"{name}{inspect.signature(method)}".replace("'", "")
