"""The registry: each name once, in the stated order, and errors that name what is wrong."""

from __future__ import annotations

import pytest

from sim.registry import Registry, RegistryError


def test_things_are_in_the_stated_order_whatever_the_order_of_imports() -> None:
    stated: Registry[int] = Registry("fault", ["crash", "pause", "wipe"])
    for name, item in (("wipe", 3), ("crash", 1), ("pause", 2)):
        stated.add(name, item, f"faults.{name}")
    stated.complete()
    assert list(stated.items()) == [("crash", 1), ("pause", 2), ("wipe", 3)]
    assert stated.where("wipe") == "faults.wipe"
    as_they_come: Registry[int] = Registry("event")
    for name in ("b", "a"):
        as_they_come.add(name, 0, "m")
    assert list(as_they_come) == ["b", "a"]
    as_they_come.complete()


def test_a_name_can_be_taken_once_and_both_places_are_named() -> None:
    events: Registry[type] = Registry("event")

    @events.register("Shown")
    class Shown: ...

    assert events["Shown"] is Shown
    with pytest.raises(RegistryError, match=r"^event 'Shown' of my\.fork is registered already, by .*test_registry$"):
        events.add("Shown", Shown, "my.fork")


def test_what_has_no_place_in_the_order_is_refused_by_name() -> None:
    stated: Registry[int] = Registry("fault", ["crash", "pause"])
    with pytest.raises(
        RegistryError, match=r"fault 'pauses' of m has no place in the stated order \(did you mean 'pause'\?\)"
    ):
        stated.add("pauses", 1, "m")


def test_what_stands_in_the_order_and_is_missing_is_named() -> None:
    stated: Registry[int] = Registry("fault", ["crash", "pause", "wipe"])
    stated.add("pause", 1, "m")
    assert list(stated) == ["pause"]
    with pytest.raises(RegistryError, match=r"fault 'crash', 'wipe': stands in the stated order, and nothing"):
        stated.complete()


def test_an_unknown_name_is_told_with_what_is_near() -> None:
    stated: Registry[int] = Registry("fault", ["crash", "pause"])
    for name in ("crash", "pause"):
        stated.add(name, 1, "m")
    assert "crush" not in stated
    assert stated.get("crush") is None
    assert stated.unknown("crush") == "there is no fault 'crush' (did you mean 'crash'?)"


def test_an_order_that_is_stated_afterwards_is_checked_on_both_sides() -> None:
    wires: Registry[int] = Registry("wire type")
    for name in ("Hello", "Ack"):
        wires.add(name, 1, "model.wire.client")
    with pytest.raises(
        RegistryError, match=r"^wire type 'Ack' of model\.wire\.client has no place in the stated order"
    ):
        wires.put_in_order(["Hello"])
    with pytest.raises(RegistryError, match=r"^wire type 'Pong': stands in the stated order"):
        wires.put_in_order(["Ack", "Pong", "Hello"])
    wires.put_in_order(["Ack", "Hello"])
    assert list(wires) == ["Ack", "Hello"]
    with pytest.raises(RegistryError, match=r"'Late' of my\.module has no place"):
        wires.add("Late", 1, "my.module")
