"""A step that the author of a kind of fault forgot is an error that names the kind and its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from support import scenario

from faults import fault
from faults.generate import Campaign
from faults.kinds import KINDS, find
from faults.order import ORDER
from faults.plan import ProtocolRef
from sim.registry import Registry, RegistryError

FILE = """
from faults.kit import Aims, Choices, End, Node, OnNode, Picker, Rate, Site, kind


@kind("{name}")
class Hiccup(OnNode):
    \"\"\"A node gets one task twice.\"\"\"
    requirement = "F1"
{more}
    def strike(self, site: Site, node: Node) -> End | None:
        return None
"""

Adds = Callable[[str], None]


@pytest.fixture
def adds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Adds:
    """Imports a file with kinds of fault, into a registry that has a place for 'hiccup'."""
    monkeypatch.setattr(fault, "KINDS", Registry("fault", (*ORDER, "hiccup"), "ORDER of faults/order.py"))
    package = f"kinds_of_{request.node.name.removeprefix('test_')}"
    monkeypatch.syspath_prepend(tmp_path)

    def add(source: str) -> None:
        folder = tmp_path / package / "node"
        folder.mkdir(parents=True)
        for each in (folder.parent, folder):
            (each / "__init__.py").touch()
        (folder / "hiccup.py").write_text(source)
        find(package, [str(folder.parent)])

    return add


def test_a_kind_with_all_that_it_needs_is_registered(adds: Adds) -> None:
    adds(FILE.format(name="hiccup", more=""))
    assert [*fault.KINDS] == ["hiccup"]
    with pytest.raises(
        RegistryError, match=r"'crash', .* stands in ORDER of faults/order\.py, and nothing registers it"
    ):
        fault.KINDS.complete()


def test_a_kind_without_a_place_in_the_order_is_named(adds: Adds) -> None:
    named = r"fault 'hickup' of kinds_of_\w+\.node\.hiccup has no place in ORDER of faults/order\.py \(did you mean .hiccup.\?\)"
    with pytest.raises(RegistryError, match=named):
        adds(FILE.format(name="hickup", more=""))


def test_a_kind_that_is_not_registered_is_named(adds: Adds) -> None:
    with pytest.raises(RegistryError, match=r"\.node\.hiccup: Hiccup is not registered: decorate it with @kind"):
        adds(FILE.replace('@kind("{name}")\n', "").format(more=""))


def test_a_kind_that_cannot_be_drawn_is_named(adds: Adds) -> None:
    with pytest.raises(
        RegistryError, match=r"hiccup: the fault 'hiccup' has no draw for rate: give it a classmethod how"
    ):
        adds(FILE.format(name="hiccup", more="    rate: Rate\n"))


def test_a_kind_that_is_aimed_at_nothing_is_named(adds: Adds) -> None:
    source = (
        FILE.replace("OnNode", "Fault")
        .replace("strike(self, site: Site, node: Node)", "begin(self, site: Site)")
        .format(name="hiccup", more="")
    )
    with pytest.raises(RegistryError, match=r"hiccup: the fault 'hiccup' has no draw: give it a classmethod draw"):
        adds(source)


def test_a_name_that_is_taken_is_named(adds: Adds) -> None:
    source = FILE.format(name="hiccup", more="")
    with pytest.raises(RegistryError, match=r"'hiccup' of \S+hiccup is registered already, by \S+hiccup"):
        adds(source + source)


def test_a_kind_that_comes_when_all_are_known_is_refused() -> None:
    """It would be in no plan: the types of plans are made by then."""
    with pytest.raises(RegistryError, match=r"fault 'hiccup' of \S+ has no place in ORDER of faults/order\.py"):
        fault.kind("hiccup")(type("Hiccup", (KINDS["crash"].__bases__[0],), {"__module__": __name__}))


@pytest.mark.parametrize(("forgotten", "said"), [('requirement = "F1"', "requirement"), ("def strike", "strike")])
def test_a_kind_that_does_not_say_what_it_does_or_what_for_is_named(adds: Adds, forgotten: str, said: str) -> None:
    source = FILE.replace(forgotten, forgotten.replace("requirement", "other").replace("strike", "hit"))
    with pytest.raises(RegistryError, match=rf"hiccup: the fault 'hiccup' has no {said}$"):
        adds(source.format(name="hiccup", more=""))


def test_a_kind_whose_draw_makes_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KINDS["crash"], "how", lambda pick, aims: {"dawn": 1})
    crashes = msgspec.structs.replace(
        scenario("ci"), campaign=Campaign(kinds=("crash",), kind_probability=1, faults=(1, 1))
    )
    with pytest.raises(RegistryError, match=r"crash: what the fault 'crash' draws does not make one: .*dawn"):
        crashes.plan(1, ProtocolRef())


def test_a_folder_that_no_import_finds_is_named(tmp_path: Path) -> None:
    (tmp_path / "node").mkdir()
    (tmp_path / "node" / "hiccup.py").touch()
    with pytest.raises(RegistryError, match=r"node: has no __init__\.py"):
        find("kinds", [str(tmp_path)])
