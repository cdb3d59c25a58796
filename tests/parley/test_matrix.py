"""Every sequencer with every fan-out strategy on a 1:1, a small group and one above the threshold.

A few seeds each here; `make matrix` runs the 300 of each scenario.
"""

from __future__ import annotations

import pytest
from support import scenario

from model.protocol import PROTOCOLS
from parley.campaign import run_all

pytestmark = pytest.mark.requirement("C4", "P11", "P12", "P13")

SIZES = ("matrix_direct", "matrix_small", "matrix_large")


def test_there_are_three_sequencers_and_three_strategies() -> None:
    assert len(PROTOCOLS) == len({(p.sequencer, p.fan_out) for p in PROTOCOLS.values()}) == 9


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_combination_keeps_every_promise_under_random_faults(protocol: str) -> None:
    found = run_all([(scenario(size), range(1, 5)) for size in SIZES], protocol, jobs=1)
    assert found.failed_runs == []
    assert sum(s.runs for s in found.scenarios) == 12
