"""Options of `pytest properties`: which protocol the suite judges."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

_ANY = (HealthCheck.too_slow, HealthCheck.filter_too_much)

settings.register_profile("dev", max_examples=50, stateful_step_count=20, deadline=None, suppress_health_check=_ANY)
settings.register_profile(
    "ci",
    max_examples=400,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=_ANY,
)
settings.register_profile(
    "nightly", max_examples=8_000, stateful_step_count=25, deadline=None, suppress_health_check=_ANY
)
settings.load_profile(os.environ.get("PARLEY_PROFILE", "ci"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--protocol FILE.py[:NAME]`, as of `parley check`; `--plans DIR`, where failing plans go."""
    group = parser.getgroup("parley")
    group.addoption(
        "--protocol", default="", metavar="FILE.py[:NAME]", help="the variant to judge; none: the reference"
    )
    group.addoption("--plans", default="out/plans", type=Path, metavar="DIR", help="where the plan of a failure goes")
