"""The one way to register things of a sort (events, wire types, faults, …): by name, each of them once.

Things of several modules need an order of their own, because draws and pages go by it and the order of imports is none:
`order` states it, by names. What it doesn't name is refused, and what it names must be there when `complete` is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from sim.near import did_you_mean, near

T = TypeVar("T")


class RegistryError(TypeError):
    """Something is registered twice, or in no place of the order, or not at all. The text names it, and where it is."""


class Registry(Mapping[str, T], Generic[T]):
    """Things of one sort by name, in the stated order; where none is stated, in the order in which they are registered.

    `what` is one of them, for errors: 'event', 'fault'. `stated` says where its order is to be found.
    """

    def __init__(self, what: str, order: Iterable[str] = (), stated: str = "the stated order") -> None:
        self.what = what
        self._stated = stated
        self._order = tuple(order)
        self._places = dict.fromkeys(self._order)
        self._items: dict[str, T] = {}
        self._where: dict[str, str] = {}

    def add(self, name: str, item: T, where: str) -> T:
        """Registers `item`, which `where` (a module) defines. Raises RegistryError."""
        if name in self._items:
            raise RegistryError(f"{self.what} {name!r} of {where} is registered already, by {self._where[name]}")
        self._check_place(name, where)
        self._items[name] = item
        self._where[name] = where
        return item

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that registers a class or function under `name`."""
        return lambda item: self.add(name, item, item.__module__)

    def put_in_order(self, order: Iterable[str]) -> None:
        """States the order after the fact. Raises RegistryError for what it doesn't name, and for what nobody registered."""
        self._order = tuple(order)
        self._places = dict.fromkeys(self._order)
        for name in self._items:
            self._check_place(name, self._where[name])
        self.complete()

    def _check_place(self, name: str, where: str) -> None:
        if self._order and name not in self._places:
            meant = did_you_mean(name, self._places.keys() - self._items.keys())
            raise RegistryError(f"{self.what} {name!r} of {where} has no place in {self._stated}{meant}")

    def complete(self) -> None:
        """Raises RegistryError if something that stands in the order was not registered."""
        if missing := [repr(name) for name in self._order if name not in self._items]:
            raise RegistryError(f"{self.what} {', '.join(missing)}: stands in {self._stated}, and nothing registers it")

    def where(self, name: str) -> str:
        """Return the module that defines `name`."""
        return self._where[name]

    def unknown(self, name: str) -> str:
        """Return what to say of a name that nobody registered: there is no such thing, and which names are near."""
        return f"there is no {self.what} {name!r}{near(name, self)}"

    def __getitem__(self, name: str) -> T:
        return self._items[name]

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._order if name in self._items) if self._order else iter(self._items)

    def __len__(self) -> int:
        return len(self._items)
