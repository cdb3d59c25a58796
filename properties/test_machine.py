"""The Hypothesis machine, on the reference or on the variant that `--protocol` names.

`pytest properties --protocol my_variant.py`: a failure prints the story of the smallest example and leaves its plan.
The environment variable PARLEY_PROFILE chooses dev, ci (the default: always the same examples) or nightly.
"""

from __future__ import annotations

import pytest
from hypothesis.stateful import run_state_machine_as_test

from parley import variants
from properties.machine.delivery import DeliveryMachine


@pytest.mark.requirement("V2", "V5")
def test_delivery_machine(request: pytest.FixtureRequest) -> None:
    """Whatever is done in whatever order, nothing is violated, and the system converges after healing."""
    chosen = request.config.getoption("--protocol")

    class Machine(DeliveryMachine):
        protocol = variants.load(chosen)
        spec = chosen
        plans = request.config.getoption("--plans")

    run_state_machine_as_test(Machine)
