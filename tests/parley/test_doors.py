"""What variants and kinds of fault need is imported from one place, whatever moves behind it."""

from __future__ import annotations

import inspect
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from types import ModuleType
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from support import PAIR, SECOND, of, plan

import parley.fault
import parley.variant as door
from faults import fault
from faults.fields import There
from model import decisions, fan_out
from model.decisions import decisions_of
from model.protocol import PROTOCOLS, REFERENCE
from parley.run import Run
from sim import distributions
from sim.draws import Draws, Picker
from sim.history import FaultEnded, FaultStarted
from sim.registry import Registry


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


def test_the_example_of_a_kind_of_fault_is_drawn_checked_and_strikes(monkeypatch: pytest.MonkeyPatch) -> None:
    registry: Registry[type[fault.Fault]] = Registry("fault", ("stumble", "stumble_at"))
    monkeypatch.setattr(fault, "KINDS", registry)
    example = inspect.cleandoc(parley.fault.__doc__ or "").partition("drawn:\n")[2].partition("\nA kind of fault is")[0]
    module = ModuleType("stumble")
    monkeypatch.setitem(sys.modules, "stumble", module)
    exec(textwrap.dedent(example), vars(module))
    registry.complete()
    aims = parley.fault.Aims(PAIR, 60 * SECOND)
    for name, kind in registry.items():
        drawn = kind.draw(Picker(Draws(1), name), aims)
        assert list(drawn.wrong(There(PAIR))) == []
        assert list(msgspec.structs.replace(drawn, node="nobody").wrong(There(PAIR)))
    where = {"node": "store-1", "duration": SECOND}
    for given in ({"at": SECOND, "fault": "stumble"}, {"point": "committed", "fault": "stumble_at"}):
        struck = msgspec.convert({**where, **given}, registry[str(given["fault"])])
        history = Run(plan(struck), REFERENCE).execute().history
        assert [event.t for event in of(history, FaultEnded)] == [
            event.t + SECOND for event in of(history, FaultStarted)
        ]
        assert [event.kind for event in of(history, FaultEnded)] == [given["fault"]]
