"""Marks that say what of an object is its state: for whoever asks whether two runs have come to the same point.

A class says so beside its attributes by `marks = Marks(...)`, each class of a family for its own. An attribute without a mark
counts: to take too much for state merges too few runs, and never wrong ones. What counts of an object otherwise than as its
attributes, its class says by a method `comparable`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
_MARKED: dict[tuple[type, str], frozenset[str]] = {}


class Marks:
    """Names of attributes of a class, with spaces between them.

    `durable`: state that outlives a crash; `volatile`: state that dies with it; `aside`: no state, but machinery,
    configuration, and integers that only name something; `local_aside`: local variables of handlers that are no state.
    """

    def __init__(self, durable: str = "", volatile: str = "", aside: str = "", local_aside: str = "") -> None:
        given = {"durable": durable, "volatile": volatile, "aside": aside, "local_aside": local_aside}
        self.names = {mark: tuple(names.split()) for mark, names in given.items()}


def marked(cls: type, mark: str) -> frozenset[str]:
    """Return the names that a class and its bases list under a mark: durable, volatile, aside, or local_aside."""
    known = _MARKED.get((cls, mark))
    if known is None:
        known = _MARKED[cls, mark] = frozenset(name for base in cls.__mro__ for name in own_marks(base, mark))
    return known


def own_marks(cls: type, mark: str) -> tuple[str, ...]:
    """Return what a class itself lists under a mark."""
    return vars(cls)["marks"].names[mark] if isinstance(vars(cls).get("marks"), Marks) else ()


def only_looks(callback: F) -> F:
    """Marks a timer's callback that only looks whether something is overdue: what it looks at is state, the timer is not."""
    callback.only_looks = True  # type: ignore[attr-defined]
    return callback


def looks(callback: Callable[..., Any]) -> bool:
    """Return whether a callback, or the method that it overrides, is marked as one that only looks."""
    classes = type(getattr(callback, "__self__", None)).__mro__
    return any(hasattr(vars(cls).get(callback.__name__), "only_looks") for cls in classes)
