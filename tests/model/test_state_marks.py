"""Every attribute of a node is marked as durable, volatile or no state; and volatile state dies with its life."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from types import FunctionType

import pytest
from support import scenario

from model.device.device import Device
from parley import variants
from parley.run import Run
from sim.node import Node
from sim.state import looks, marked, own_marks

MARKS = ("durable", "volatile", "aside")


@cache
def nodes() -> tuple[Node, ...]:
    """Nodes of all kinds, late in runs: of replicas that voted, of shards, with a cache and an intruder."""
    found: list[Node] = []
    for name, protocol in (("elections", ""), ("sharded", "leased"), ("nightly", ""), ("handsets", ""), ("w5", "")):
        run = Run(scenario(name).plan(1, variants.reference_of(protocol)), variants.load(protocol))
        run.advance(run.plan.duration)
        run.deployment.intruder("gateway-1")
        found += run.deployment.network.nodes.values()
    return tuple(found)


def unmarked(node: Node) -> set[str]:
    return set(vars(node)) - {name for mark in MARKS for name in marked(type(node), mark)}


def test_every_attribute_of_a_node_is_marked() -> None:
    bare = {f"{type(node).__name__}.{name}" for node in nodes() for name in unmarked(node)}
    assert bare == set(), "add these to the `marks` of the class that sets them (sim/state.py)"


def test_an_attribute_without_a_mark_is_told_and_counts_as_state() -> None:
    device = next(node for node in nodes() if isinstance(node, Device))
    device.mood = "calm"  # type: ignore[attr-defined]
    try:
        assert unmarked(device) == {"mood"}
        assert device.comparable()["mood"] == "calm"
    finally:
        del device.mood  # type: ignore[attr-defined]


def test_no_attribute_has_two_marks() -> None:
    for kind in {type(node) for node in nodes()}:
        names = [name for mark in MARKS for name in marked(kind, mark)]
        assert len(names) == len(set(names)), kind


def marking_classes() -> Iterator[type]:
    for module in [module for name, module in sys.modules.items() if name.partition(".")[0] in ("sim", "model")]:
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == module.__name__:
                yield value


def test_no_mark_names_what_is_not_there() -> None:
    seen = {name for node in nodes() for name in vars(node)}
    stale: list[str] = []
    for cls in marking_classes():
        has = (
            seen if issubclass(cls, Node) else {*getattr(cls, "__slots__", ()), *getattr(cls, "__struct_fields__", ())}
        )
        stale += [f"{cls.__name__}.{name}" for mark in MARKS for name in own_marks(cls, mark) if name not in has]
        below = [value for base in marking_classes() if cls in base.__mro__ for value in vars(base).values()]
        local = {name for value in below if isinstance(value, FunctionType) for name in value.__code__.co_varnames}
        stale += [f"{cls.__name__}.{name}" for name in own_marks(cls, "local_aside") if name not in local]
    assert stale == []


@pytest.mark.requirement("F1")
@pytest.mark.parametrize("name", ["ci", "elections"])
def test_volatile_state_dies_with_its_life_and_durable_state_outlives_it(name: str) -> None:
    run = Run(scenario(name).plan(1, variants.reference_of("")))
    run.advance(run.plan.duration // 3)
    for node in run.deployment.network.nodes.values():
        if not node.up:
            continue
        kept = {name: vars(node)[name] for name in marked(type(node), "durable")}
        node.crash()
        for name in marked(type(node), "volatile") - {"life"}:
            vars(node).pop(name, None)
        node.restart()
        for name, value in kept.items():
            assert name in vars(node)
            assert vars(node)[name] is value or not isinstance(value, dict | list | set), name
    assert run.execute().violated() == ()


def test_a_callback_that_overrides_one_that_only_looks_only_looks_too() -> None:
    class Late(Device):
        def _connect_timeout(self, epoch: int) -> None:
            super()._connect_timeout(epoch)

    late = object.__new__(Late)
    assert looks(late._connect_timeout)
    assert not looks(late._beat)
