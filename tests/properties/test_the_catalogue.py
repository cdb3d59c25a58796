"""How properties are registered: by being defined, each in its place of the order; whatever is forgotten is named."""

from __future__ import annotations

from types import ModuleType

import pytest

from properties.base import Liveness, Property
from properties.calm import InCalm
from properties.catalogue import CATALOGUE, ORDER, PROPERTIES, collect
from sim.registry import RegistryError

pytestmark = pytest.mark.requirement("V1", "V3")


def module(name: str, *kinds: type[Property]) -> ModuleType:
    """A module that defines these classes, and has imported a base class and a property."""
    made = ModuleType(f"properties.{name}")
    vars(made).update(Liveness=Liveness, imported=CATALOGUE[0])
    for kind in kinds:
        kind.__module__ = made.__name__
        setattr(made, kind.__name__, kind)
    return made


def prop(name: str, base: type[Property] = Property) -> type[Property]:
    return type(f"Class_{name}", (base,), {"name": name, "family": "tests"})


def test_the_catalogue_is_the_stated_order() -> None:
    assert tuple(PROPERTIES) == ORDER == tuple(kind.name for kind in CATALOGUE)
    assert PROPERTIES.where("badges-are-possible") == "properties.observed.badges"


def test_what_is_violated_by_what_has_not_happened_is_said_to_be_so() -> None:
    """Of the promises that ask for something in calm, two are broken by what is in the history."""
    in_time = {"receipts-come-in-time", "presence-is-shown-in-time"}
    shown = {"stops-are-gentle", "last-seen-is-the-last-activity"}
    owed = {name for name, kind in PROPERTIES.items() if issubclass(kind, (Liveness, InCalm))}
    assert {name for name, kind in PROPERTIES.items() if kind.absence} == (owed - shown) | in_time


def test_the_order_is_the_stated_one_and_not_that_of_modules_or_classes() -> None:
    base = type("_Base", (Liveness,), {})
    first, second, third = prop("a", base), prop("b"), prop("c", base)
    found = collect([module("x", base, third, first), module("y", second)], ["a", "b", "c"])
    assert list(found.values()) == [first, second, third]


def test_a_property_without_a_place_is_named_with_its_module() -> None:
    with pytest.raises(
        RegistryError, match=r"property 'heads-are-tru' of properties\.x has no place .*mean 'heads-are-true'"
    ):
        collect([module("x", prop("heads-are-tru"))], ["heads-are-true"])


def test_a_second_property_of_a_name_is_named_with_both_modules() -> None:
    with pytest.raises(RegistryError, match=r"'a' of properties\.y is registered already, by properties\.x$"):
        collect([module("x", prop("a")), module("y", prop("a"))], ["a"])


def test_a_place_for_a_property_that_nobody_defines_is_named() -> None:
    with pytest.raises(
        RegistryError, match=r"property 'b', 'c': stands in ORDER of properties/catalogue\.py, and nothing"
    ):
        collect([module("x", prop("a"))], ["a", "b", "c"])


def test_a_property_whose_name_was_forgotten_is_named_by_its_class() -> None:
    nameless = type("NobodysPromise", (Property,), {"family": "tests"})
    with pytest.raises(RegistryError, match=r"properties\.x: the property NobodysPromise has no name$"):
        collect([module("x", nameless, prop("a"))], ["a"])


def test_a_property_whose_family_was_forgotten_is_named_by_its_class() -> None:
    alone = type("Orphan", (Property,), {"name": "a"})
    with pytest.raises(RegistryError, match=r"properties\.x: the property Orphan has no family$"):
        collect([module("x", alone)], ["a"])
