"""What variants need is imported from one place, whatever moves behind it."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import pytest

import parley.variant as door
from model import decisions, fan_out
from model.decisions import decisions_of
from model.protocol import PROTOCOLS, REFERENCE
from sim import distributions


def named(hint: Any) -> Iterator[type]:
    """The classes of Parley's that a type hint names."""
    if inspect.isclass(hint) and hint.__module__.startswith(("model.", "sim.")):
        yield hint
    for argument in get_args(hint):
        yield from named(argument)


@pytest.mark.requirement("V3")
def test_whatever_the_signature_of_a_decision_names_is_there() -> None:
    methods = [method for cls in REFERENCE.components().values() for method in decisions_of(cls).values()]
    types = {each for method in methods for hint in get_type_hints(method).values() for each in named(hint)}
    assert len(types) > 30
    assert {each.__name__ for each in types if getattr(door, each.__name__, None) is not each} == set()


def test_every_class_that_may_be_subclassed_is_there() -> None:
    classes = {cls for protocol in PROTOCOLS.values() for cls in protocol.components().values()}
    assert len(classes) > len(REFERENCE.components())
    assert {cls.__name__ for cls in classes if getattr(door, cls.__name__, None) is not cls} == set()


def test_what_marks_and_draws_decisions_is_there() -> None:
    for module, names in [
        (decisions, ("Among", "Draw", "Micros", "Seq", "Unit", "action", "decision", "setting")),
        (distributions, ("Constant", "Empirical", "Exponential", "LogNormal", "Uniform")),
        (fan_out, ("FanOut",)),
    ]:
        assert [name for name in names if getattr(door, name, None) is not getattr(module, name)] == []


def test_what_is_offered_is_what_is_imported() -> None:
    offered = {name for name, value in vars(door).items() if not name.startswith("_") and name != "annotations"}
    assert {*door.__all__} == offered


def test_it_is_cheap() -> None:
    code = "import sys, parley.variant; print(*sorted({'pandas', 'matplotlib', 'scipy', 'rich', 'typer'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
