"""Marks that say what of an object is its state: for whoever asks whether two runs have come to the same point.

A class says so beside its attributes, each class of a family for its own:

- `durable` and `volatile`: a node's state that outlives its crash, and what dies with it.
- `aside`: what is no state: the machinery, the configuration, and integers that only give something a name.
- `local_aside`: local variables of its handlers that are no state.

An attribute without a mark counts: to take too much for state merges too few runs, and never wrong ones. What counts of
an object otherwise than as its attributes, its class says by a method `comparable`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
_MARKED: dict[tuple[type, str], frozenset[str]] = {}


def marked(cls: type, mark: str) -> frozenset[str]:
    """Return the names that a class and its bases list under a mark: durable, volatile, aside, or local_aside."""
    known = _MARKED.get((cls, mark))
    if known is None:
        known = _MARKED[cls, mark] = frozenset(name for base in cls.__mro__ for name in vars(base).get(mark, ()))
    return known


def only_looks(callback: F) -> F:
    """Marks a timer's callback that only looks whether something is overdue: what it looks at is state, the timer is not."""
    callback.only_looks = True  # type: ignore[attr-defined]
    return callback


def looks(callback: Callable[..., Any]) -> bool:
    """Return whether a callback, or the method that it overrides, is marked as one that only looks."""
    classes = type(getattr(callback, "__self__", None)).__mro__
    return any(hasattr(vars(cls).get(callback.__name__), "only_looks") for cls in classes)
