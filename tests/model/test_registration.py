"""Kinds of event and wire types are registered by being defined, once each; a wire type without a route is an error."""

from __future__ import annotations

import sys
from types import ModuleType

import msgspec
import pytest
from support import ROOT

from model.events import VOCABULARY, Observable
from model.wire.base import WIRE_TYPES, Wire
from model.wire.routes import ROUTES
from parley.record.reading import form_of
from sim.history import Event
from sim.registry import RegistryError


def events_below(cls: type[Event]) -> set[type[Event]]:
    return {cls, *(each for below in cls.__subclasses__() for each in events_below(below))}


def test_every_event_that_the_model_or_the_simulation_defines_is_in_the_vocabulary() -> None:
    defined = {kind for kind in events_below(Event) if kind.__module__.partition(".")[0] in ("sim", "model")}
    assert set(VOCABULARY.values()) == defined - {Event, Observable}
    assert {name: kind.__name__ for name, kind in VOCABULARY.items()} == {name: name for name in VOCABULARY}


def test_a_form_of_an_event_is_no_kind_and_neither_is_what_a_script_defines() -> None:
    before = list(VOCABULARY)
    form_of.__wrapped__(VOCABULARY["Shown"], exported=True, opaque=False)
    msgspec.defstruct("Mine", [("device", str)], bases=(Event,), module="parley_variant_mine")
    assert list(VOCABULARY) == before


def test_two_events_of_one_name_are_an_error_that_names_both_places() -> None:
    with pytest.raises(RegistryError, match=r"kind of event 'Shown' of model\.other is registered .* by model\.events"):
        msgspec.defstruct("Shown", [("device", str)], bases=(Event,), module="model.other")


def test_a_wire_type_without_a_route_is_an_error_that_names_it() -> None:
    assert list(WIRE_TYPES) == [kind.__name__ for kind in ROUTES]
    with pytest.raises(RegistryError, match=r"wire type 'Heartbeats' of model\.wire\.client has no place"):
        msgspec.defstruct("Heartbeats", [], bases=(Wire,), module="model.wire.client", frozen=True)


def test_a_variant_may_send_what_only_it_knows() -> None:
    msgspec.defstruct("Gossip", [], bases=(Wire,), module="parley_variant_gossip", frozen=True)
    assert "Gossip" not in WIRE_TYPES


def test_a_wire_type_that_is_left_out_of_the_routes_fails_their_import() -> None:
    """As it happens to whoever forgets the second step: the module of the routes is run again with one line less."""
    source = (ROOT / "model" / "wire" / "routes.py").read_text()
    line = '    Pong: ("gateway", "device"),\n'
    assert source.count(line) == 1
    order = list(WIRE_TYPES)
    module = ModuleType("routes_without_pong")
    sys.modules[module.__name__] = module
    try:
        with pytest.raises(
            RegistryError, match=r"wire type 'Pong' of model\.wire\.client has no place in the stated order"
        ):
            exec(compile(source.replace(line, ""), "routes.py", "exec"), vars(module))
    finally:
        del sys.modules[module.__name__]
        WIRE_TYPES.put_in_order(order)
