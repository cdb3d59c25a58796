"""What a property is: it sees one event at a time, in constant time, and says which events prove a violation.

A *safety* property is violated at an event. A *liveness* property keeps what is owed; what is still owed when the bound
after healing is over is a violation, at the end of the history. Both are put to the test by events: one that never was
is vacuous, and one that owes something in a history that ends before its bound is unknown.

Requirements: V1, V2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NamedTuple, TypeVar

from properties.ledger import Ledger
from sim.history import Event

F = TypeVar("F", bound=Callable[..., None])

Sight = Callable[[Any, int], None]
"""A property's method for an event and its index."""


class Violation(NamedTuple):
    """`evidence`: the indices of the events that prove it, in order; the last one is where it was seen."""

    property: str
    message: str
    evidence: tuple[int, ...]


class Debt(NamedTuple):
    """What is outstanding. It is owed by a `device` and in a `conversation`; '' for nobody's in particular, or of none.

    `evidence`: the indices of the events that it came from.
    """

    message: str
    evidence: tuple[int, ...] = ()
    device: str = ""
    conversation: str = ""


def sees(*kinds: type[Event]) -> Callable[[F], F]:
    """Marks a property's method as the one for these events."""

    def mark(method: F) -> F:
        method.__sees__ = kinds  # type: ignore[attr-defined]
        return method

    return mark


class Property:
    """Base of all properties. The docstring's first line is the promise; the rest says what counts as proof."""

    name: ClassVar[str]
    family: ClassVar[str]
    anomalies: ClassVar[tuple[str, ...]] = ()
    """The names of the anomalies that violate it."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        self.ledger = ledger
        self.tested = 0
        self.violations = 0
        self._report = report

    def violated(self, message: str, *evidence: int | None) -> None:
        """Reports a violation; unknown evidence (None or negative) is left out."""
        self.violations += 1
        indices = tuple(sorted({index for index in evidence if index is not None and index >= 0}))
        self._report(Violation(self.name, message, indices))

    def sights(self) -> Iterator[tuple[type[Event], Sight]]:
        """Its methods by event, in the order of the source."""
        for kind, name in _sights(type(self)):
            yield kind, getattr(self, name)


_SIGHTS: dict[type[Property], tuple[tuple[type[Event], str], ...]] = {}


def _sights(prop: type[Property]) -> tuple[tuple[type[Event], str], ...]:
    """The events that a property's methods want to see. Kept: a search makes all properties anew for each run."""
    if prop not in _SIGHTS:
        methods = [(name, method) for cls in reversed(prop.__mro__) for name, method in vars(cls).items()]
        _SIGHTS[prop] = tuple((kind, name) for name, method in methods for kind in getattr(method, "__sees__", ()))
    return _SIGHTS[prop]


class Liveness(Property):
    """A property that something will have happened within the bound after healing."""

    def owed(self) -> int:
        """How much is outstanding now. Constant time: it is asked often."""
        raise NotImplementedError

    def missing(self) -> Iterator[Debt]:
        """What is outstanding, in a fixed order. Asked at the end, or when something was lost for good."""
        raise NotImplementedError
