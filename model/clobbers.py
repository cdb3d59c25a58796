"""What a variant writes over: attributes of a component's class that are nobody else's, under a name chosen by accident.

A helper's name begins with an underscore, and so does the state that a class keeps for itself. A variant that sets an attribute
of its own may hit one of these: then the class dies on it, or goes on with something else, far from the line that did it. So a
method that sets one says that it is meant, by `@overrides_private`. Where a variant sets up what is its own, in `boot`,
`install` or `__init__`, such a name is taken for an accident and refused; elsewhere it is named when the run fails over it.

Requirements: V3.
"""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sim.state import own_marks

SET_UP = ("__init__", "install", "boot")
"""The methods in which a component's attributes begin."""


class Clobber(NamedTuple):
    """A method of a variant sets an attribute of a class of the model."""

    method: str
    """As Class.method."""
    attribute: str
    owner: str
    """The class whose attribute it is."""
    line: int

    def __str__(self) -> str:
        name = self.method.rpartition(".")[2]
        return (
            f"{self.method} sets self.{self.attribute}, under which {self.owner} keeps its own state: "
            f"choose another name, or mark {name} @overrides_private, if it is meant"
        )


def clobbers(variant: type, reference: type) -> Iterator[Clobber]:
    """What the methods of a variant's class set of the attributes of the class that it is made from, unless that is marked."""
    for cls in variant.__mro__:
        if cls in reference.__mro__:
            continue
        for name, method in vars(cls).items():
            if inspect.isfunction(method) and not hasattr(method, "__overrides_private__"):
                for attribute, line in _sets(method):
                    if owner := _owner(reference, attribute):
                        yield Clobber(f"{cls.__name__}.{name}", attribute, owner.__name__, line)


def _sets(method: Callable[..., Any]) -> Iterator[tuple[str, int]]:
    """The private attributes of `self` that a method sets, each with its line. `self.x += 1` knows what is there."""
    code = method.__code__
    own = code.co_varnames[0] if code.co_argcount else ""
    line = code.co_firstlineno
    before: Any = None
    for step in dis.get_instructions(code):
        line = step.starts_line or line
        private = step.opname == "STORE_ATTR" and step.argval.startswith("_") and not step.argval.startswith("__")
        if private and before is not None and before.opname.startswith("LOAD_FAST") and _last(before.argval) == own:
            yield step.argval, line
        before = step


def _last(loaded: Any) -> Any:
    """What an instruction loads last: newer Pythons load two at once."""
    return loaded[-1] if isinstance(loaded, tuple) else loaded


def _owner(reference: type, attribute: str) -> type | None:
    """The class of the model that keeps state under this name, or has a method of it; None: it is nobody's."""
    for cls in reference.__mro__:
        if attribute in vars(cls) or any(
            attribute in own_marks(cls, mark) for mark in ("durable", "volatile", "aside")
        ):
            return cls
    return None
