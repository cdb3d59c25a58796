"""Every property of the catalogue, over random plans, on the reference or on the variant that `--protocol` names.

One test a property; the plans are run once, for all of them. One that no plan put to the test is skipped as vacuous.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from parley.machine.suite import Explored, Suite, elsewhere, explore_together, outcome_of
from properties.base import Property
from properties.catalogue import CATALOGUE
from properties.conftest import SEEDS, family_mark, give_up
from properties.judge import VIOLATED


@pytest.fixture(scope="session")
def explored(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Explored:
    """What the random plans showed. xdist workers share the work."""
    folder = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        folder = folder.parent
    parts = suite.parts(SEEDS.get(settings.get_current_profile_name(), SEEDS["ci"]))
    return explore_together(parts, suite.plans, folder / "explored")


@pytest.mark.requirement("V1", "V2")
@pytest.mark.parametrize(
    "property",
    [
        pytest.param(kind, id=f"{kind.family}:{kind.name}", marks=(getattr(pytest.mark, family_mark(kind.family)),))
        for kind in CATALOGUE
    ],
)
@pytest.mark.fast
def test_property(property: type[Property], explored: Explored, suite: Suite, request: pytest.FixtureRequest) -> None:
    """No plan violates it."""
    if explored.error:
        give_up(request, explored.error)
    status, told = outcome_of(explored, property.name)
    if status == VIOLATED:
        pytest.fail("\n".join(told), pytrace=False)
    elif status == "vacuous":
        where = elsewhere(property.name, [scenario.name for scenario in suite.scenarios])
        pytest.skip(f"vacuous: no plan of {explored.runs} put it to the test{where}")
    elif status == "unknown":
        pytest.skip(f"unknown: none of {explored.runs} plans let it come to its end")
