"""What variants, properties and kinds of fault need is imported from one place each, whatever moves behind it."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from support import PAIR, ROOT, SECOND, Tale, of, plan

import parley
import parley.fault
import parley.property as property_door
import parley.variant as door
from faults import fault
from faults.fields import There
from model import decisions, events, fan_out
from model.decisions import decisions_of
from model.protocol import PROTOCOLS, REFERENCE
from parley import variants
from parley.errors import BadInput
from parley.judged.verifying import verify
from parley.run import Run
from properties.catalogue import CATALOGUE
from sim import distributions, history
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


@pytest.mark.parametrize("door", [door, property_door])
def test_what_is_offered_is_what_is_imported(door: ModuleType) -> None:
    offered = {name for name, value in vars(door).items() if not name.startswith("_") and name != "annotations"}
    assert {*door.__all__} == offered


@pytest.mark.parametrize("door", [door, property_door])
def test_it_is_cheap(door: ModuleType) -> None:
    heavy = "{'pandas', 'matplotlib', 'scipy', 'rich', 'typer'}"
    code = f"import sys, {door.__name__}; print(*sorted({heavy} & {{*sys.modules}}))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"


@pytest.mark.requirement("R1")
def test_a_run_is_judged_without_what_is_heavy() -> None:
    """Tables, pages and other processes are imported by who asks for them: a run alone is over before numpy is there."""
    heavy = "{'pandas', 'numpy', 'pyarrow', 'matplotlib', 'scipy', 'jinja2'}"
    commands = "parley.commands.run, parley.commands.check, parley.commands.verify"
    code = f"import sys, {commands}; print(*sorted({heavy} & {{*sys.modules}}))"
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
        ran = Run(plan(struck), REFERENCE).execute().history
        assert [event.t for event in of(ran, FaultEnded)] == [event.t + SECOND for event in of(ran, FaultStarted)]
        assert [event.kind for event in of(ran, FaultEnded)] == [given["fault"]]


@pytest.mark.requirement("V1")
def test_whatever_a_property_of_parley_s_own_names_is_there() -> None:
    files = {inspect.getfile(kind) for kind in CATALOGUE}
    imports = [
        node for file in files for node in ast.parse(Path(file).read_text()).body if isinstance(node, ast.ImportFrom)
    ]
    named = {
        name.name for node in imports if (node.module or "").startswith(("properties.", "sim.")) for name in node.names
    }
    assert len(named) > 20
    assert named - {*property_door.__all__} == set()
    assert property_door.events is events
    kinds = [kind for kind in vars(history).values() if inspect.isclass(kind) and issubclass(kind, history.Event)]
    assert {kind.__name__ for kind in kinds} - {*property_door.__all__} == set()


@pytest.mark.requirement("V1")
@pytest.mark.parametrize(("messages", "status"), [(0, "vacuous"), (3, "holds"), (4, "violated")])
def test_the_door_s_example_is_a_property(messages: int, status: str) -> None:
    _, _, rest = (property_door.__doc__ or "").partition("    from parley.property")
    code = dedent("    from parley.property" + rest.split("\n\n`Judge(")[0])
    there: dict[str, Any] = {"__name__": "my_promises"}
    exec(code, there)
    tale = Tale()
    for seq in range(1, messages + 1):
        tale.add(events.Persisted, "c", seq, f"m{seq}", "ann", "a1", node="store")
    judge = property_door.Judge([there["ConversationsAreShort"]])
    judge.advance(tale.events)
    (verdict,) = judge.verdicts()
    assert (verdict.property, verdict.status) == ("conversations-are-short", status)
    assert [violation.message for violation in judge.violations] == ["c has message 4"] * (status == "violated")


@pytest.mark.requirement("X6")
def test_a_script_runs_judges_and_makes_tables(tmp_path: Path) -> None:
    outcome = parley.simulate("w1")
    assert outcome.violated() == ()
    assert [verdict.status for verdict in parley.judge(outcome.history)] == [v.status for v in outcome.verdicts]
    assert len(parley.tables.deliveries(outcome.history)) == len(of(outcome.history, events.Shown))
    assert parley.simulate(parley.open_scenario("w1"), seed=2).digest() != outcome.digest()
    with pytest.raises(BadInput, match="no-such"):
        parley.open_scenario(tmp_path / "no-such.toml")


@pytest.mark.requirement("X6", "V1")
def test_a_script_judges_a_record_of_another_system_as_verify_does() -> None:
    """What the header says is recorded counts, and the events can be made a table of."""
    for file in sorted((ROOT / "tests" / "cases" / "histories").rglob("*.jsonl"))[:4]:
        history = parley.read_history(str(file))
        assert parley.judge(history) == verify(file).verdicts
        assert {type(event) for event in history} <= set(events.VOCABULARY.values())
        assert len(parley.tables.events(history)) == len(history)
        parley.tables.deliveries(history)


@pytest.mark.requirement("X6", "R1")
@pytest.mark.parametrize(
    ("history", "says"),
    [
        ("a.jsonl", r"read_history\('a.jsonl'\)"),
        (Path("a.jsonl"), r"read_history\('a.jsonl'\)"),
        ([{"event": "Ended", "t": 0}], r"history\[0\]: expected an event, and not a dict"),
        (iter(()), "expected a sequence of events"),
    ],
)
def test_what_is_no_history_is_not_judged(history: Any, says: str) -> None:
    """Of a file's name each property would be 'vacuous', which looks like an answer."""
    with pytest.raises(TypeError, match=says):
        parley.judge(history)


@pytest.mark.requirement("X6", "R1")
def test_a_history_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        parley.read_history(tmp_path / "none.jsonl")


@pytest.mark.requirement("X6")
def test_a_script_runs_a_variant_by_its_file_or_as_it_is() -> None:
    file = str(ROOT / "properties" / "mutants" / "no_dedupe.py")
    named, made = (parley.simulate("ci", seed=11, protocol=protocol) for protocol in (file, variants.load(file)))
    assert named.digest() == made.digest()
    assert "one-row-per-message" in named.violated()


@pytest.mark.requirement("X6")
def test_a_folder_that_stands_for_a_package_of_parley_s_is_named(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "__init__.py").touch()
    for name in ("parley", "parley.variant", "parley.property", "parley.fault"):
        done = subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True, text=True, cwd=tmp_path)
        assert done.stderr.splitlines()[-1].startswith(
            f"ImportError: {tmp_path / 'model'}: expected Parley's package 'model'"
        )
