"""docs/writing-variants.md says of every payload that a hook takes what it holds, and only what components can do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support import SECOND, of, plan

from model.component import Component
from model.device.device import Device
from model.events import Shown
from model.protocol import REFERENCE
from parley import variant, variants
from parley.runner import execute
from sim.network import Connection
from sim.node import Node
from tools import payloads
from tools.variants import ABILITIES, LATE

pytestmark = pytest.mark.requirement("V3")


def test_every_field_of_every_payload_is_told_with_its_unit() -> None:
    rows = list(payloads.rows())
    assert len(rows) == len(payloads.taken()) + len(payloads.NESTED)
    push = next(row for row in rows if row.startswith("| `PushMessage`"))
    assert "`device.on_push`" in push
    assert "`message`: `Message`" in push
    assert "µs" in next(row for row in rows if row.startswith("| `PresenceFrame`"))


def test_nothing_is_told_that_is_no_field() -> None:
    kinds = (*payloads.taken(), *payloads.NESTED)
    told = {name for kind in kinds for name, _ in payloads.fields(kind)}
    assert payloads.MEANS.keys() <= told
    assert payloads.OF_ONE.keys() <= {f"{kind.__name__}.{name}" for kind in kinds for name, _ in payloads.fields(kind)}


def test_a_variant_can_import_every_payload_that_a_hook_takes() -> None:
    kinds = (*payloads.taken(), *payloads.NESTED)
    assert [kind.__name__ for kind in kinds if getattr(variant, kind.__name__, None) is not kind] == []
    assert {kind.__name__ for kind in kinds} <= {*variant.__all__}


def test_what_a_component_is_said_to_do_is_there() -> None:
    known = {*dir(Component), *dir(Device), "draws", "name", "directory", "uptime"}
    for call, _ in ABILITIES:
        owner, name = re.search(r"(self|connection)\.(\w+)", call).groups()  # type: ignore[union-attr]
        assert name in (known if owner == "self" else dir(Connection)), call
    assert {"after", "ask", "cast", "reply", "sleep", "emit", "spawn", "step", "point"} <= {*dir(Node)}


def test_the_late_push_of_the_page_comes_late(tmp_path: Path) -> None:
    file = tmp_path / "late.py"
    file.write_text(LATE)
    late, soon = (
        min(event.t for event in of(execute(plan(duration=200 * SECOND), protocol).history, Shown, device="bob-phone"))
        for protocol in (variants.load(str(file)), REFERENCE)
    )
    assert late > soon + 10 * SECOND
