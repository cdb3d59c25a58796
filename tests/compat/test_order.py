"""What a seed means hangs on the order in which faults and routes are drawn: that of 7aa79c4 stays, new ones come last."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from faults.aims import ROUTED
from faults.kinds import KINDS

pytestmark = pytest.mark.requirement("V7")

KEPT = json.loads((Path(__file__).parent / "order.json").read_text())


def test_kinds_of_fault_are_drawn_in_the_order_that_they_had() -> None:
    kept = KEPT["kinds of fault"]
    assert [*KINDS][: len(kept)] == kept


def test_routes_are_drawn_in_the_order_that_they_had() -> None:
    kept = [(name, tuple(ends)) for name, ends in KEPT["routes"].items()]
    assert [*ROUTED.items()][: len(kept)] == kept
