"""The Hypothesis machine and whole plans from Hypothesis, on the reference or on the variant that `--protocol` names.

A failure prints the smallest example and its story, and leaves its plan.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.requirement("V2", "V5")
def test_delivery_machine(suite_deployment: str, drive_machine: Callable[[str], None]) -> None:
    """Whatever is done in whatever order, nothing is violated, and the system converges after healing."""
    drive_machine(suite_deployment)


@pytest.mark.requirement("V2", "V5")
def test_plans(suite_deployment: str, try_plans: Callable[[str], None]) -> None:
    """Whatever is planned, of all that people do and all that goes wrong, nothing is violated."""
    try_plans(suite_deployment)
