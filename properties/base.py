"""What a property is: it sees one event at a time, in constant time, and says which events prove a violation.

A *safety* property is violated at an event. A *liveness* property keeps what is owed; what is still owed when the bound
after healing is over is a violation, at the end of the history. Both are put to the test by events: one that never was
is vacuous, and one that owes something in a history that ends before its bound, or may owe it on a device that was away, is
unknown.

Requirements: V1, V2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NamedTuple, TypeVar

from properties.ledger import Ledger
from sim.history import EVENTS, Event
from sim.verdicts import Violation as Violation

F = TypeVar("F", bound=Callable[..., None])

Sight = Callable[[Any, int], None]
"""A property's method for an event and its index."""


class Debt(NamedTuple):
    """What is outstanding. It is owed by a `device` and in a `conversation`; '' for nobody's in particular, or of none.

    `bearers` are the devices of which any one would bring it about, if it is not one's own; none: it takes no device.
    `profile` is the device of whose profile it is, and `replica` the node of the store where that was written last; ''
    if it is of no profile, or there was none before.
    `evidence`: the indices of the events that it came from. `messages`: how many messages are owed by it; the text names one.
    """

    message: str
    evidence: tuple[int, ...] = ()
    device: str = ""
    conversation: str = ""
    replica: str = ""
    profile: str = ""
    bearers: tuple[str, ...] = ()
    messages: int = 1


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
    rests_on: ClassVar[tuple[type[Event], ...]] = ()
    """Kinds of event that it knows through the ledger alone, and that a history must record for a verdict."""
    optional: ClassVar[tuple[type[Event], ...]] = ()
    """Kinds that it sees if there are any, and can be judged without."""
    for_passing: ClassVar[tuple[type[Event], ...]] = ()
    """Kinds without which nobody can say that it holds; what violates it is proven without them."""
    numbers: ClassVar[bool] = True
    """Whether it asks which of two seqs is the higher one; else it only tells them apart."""
    gapless: ClassVar[bool] = False
    """Whether it takes it that the seq after 5 is 6."""
    answers: ClassVar[bool] = False
    """Whether it takes it that every send is answered."""
    absence: ClassVar[bool] = False
    """Whether what violates it is that something has not happened, which no event shows."""
    tries: ClassVar[bool] = False
    """Whether it takes it that the epoch of a connection counts all tries to connect, those that failed too."""

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

    @classmethod
    def needed(cls) -> tuple[type[Event], ...]:
        """The kinds of event that a history has to record for a verdict, in the order of the source."""
        return _needed(cls)

    def sights(self) -> Iterator[tuple[type[Event], Sight]]:
        """Its methods by event, in the order of the source."""
        for kind, name in _sights(type(self)):
            yield kind, getattr(self, name)


_NEEDED: dict[type[Property], tuple[type[Event], ...]] = {}
_SIGHTS: dict[type[Property], tuple[tuple[type[Event], str], ...]] = {}
"""Kept: a search makes all properties anew for each run."""


def _wanted(prop: type[Property]) -> Iterator[tuple[type[Event], str]]:
    """The events that a property's methods want to see, and the methods, in the order of the source."""
    for cls in reversed(prop.__mro__):
        for name, method in vars(cls).items():
            for kind in getattr(method, "__sees__", ()):
                yield kind, name


def _needed(prop: type[Property]) -> tuple[type[Event], ...]:
    """The kinds of event that a history has to record for a verdict."""
    if prop not in _NEEDED:
        kinds = (*(kind for kind, _ in _wanted(prop)), *prop.rests_on)
        _NEEDED[prop] = tuple(dict.fromkeys(kind for kind in kinds if kind not in prop.optional))
    return _NEEDED[prop]


def _sights(prop: type[Property]) -> tuple[tuple[type[Event], str], ...]:
    """The events that a property sees, and its methods for them.

    An event whose kind derives from another one is that, too: who wants to see a Wiped sees a Restored.
    """
    if prop not in _SIGHTS:
        _SIGHTS[prop] = tuple((form, name) for kind, name in _wanted(prop) for form in (kind, *_DERIVED.get(kind, ())))
    return _SIGHTS[prop]


_DERIVED: dict[type[Event], tuple[type[Event], ...]] = {
    kind: found
    for kind in EVENTS.values()
    if (found := tuple(each for each in EVENTS.values() if each is not kind and issubclass(each, kind)))
}
"""The kinds that derive from another one, by that."""


class Liveness(Property):
    """A property that something will have happened within the bound after healing."""

    absence: ClassVar[bool] = True

    def owed(self) -> int:
        """How much is outstanding now. Constant time: it is asked often."""
        raise NotImplementedError

    def missing(self) -> Iterator[Debt]:
        """What is outstanding, in a fixed order. Asked at the end, or when something was lost for good."""
        raise NotImplementedError

    def out_of_sight(self) -> Iterator[Debt]:
        """What is outstanding of devices that are away, and so is not owed: at the end, nobody can tell what became of it."""
        return iter(())
