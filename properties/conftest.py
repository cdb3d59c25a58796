"""Options of `pytest properties`: which protocol the suite judges, where, and how long it looks.

PARLEY_PROFILE (or Hypothesis's own --hypothesis-profile) chooses how long: dev, ci (the default: the same examples at every
run), or nightly. dev and nightly keep what failed in `.hypothesis/`, and try it first the next time.

Markers: a property's family (`-m cursor`), and a tier: `fast` for the properties over random plans, `slow` for Hypothesis.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, Phase, settings

from parley.errors import BadInput
from parley.machine.suite import Suite, claim
from properties.catalogue import CATALOGUE

_ANY = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
_COMMON: dict[str, Any] = {"deadline": None, "suppress_health_check": _ANY, "report_multiple_bugs": False}
_COMMON["phases"] = [phase for phase in Phase if phase is not Phase.explain]  # which traces each line that runs

settings.register_profile("dev", max_examples=50, stateful_step_count=20, **_COMMON)
settings.register_profile("ci", max_examples=150, stateful_step_count=25, derandomize=True, database=None, **_COMMON)
settings.register_profile("nightly", max_examples=2_600, stateful_step_count=25, **_COMMON)
settings.load_profile(os.environ.get("PARLEY_PROFILE", "ci"))

SEEDS = {"dev": 10, "ci": 24, "nightly": 400}
"""How many random plans of each scenario a profile asks the properties about."""

SUITE = pytest.StashKey[Suite]()


def family_mark(family: str) -> str:
    """The marker of a family: 'receipts and unread' is receipts_and_unread."""
    return family.replace(" ", "_").replace("-", "_")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The protocol and the scenario as `parley check` takes them."""
    group = parser.getgroup("parley")
    group.addoption(
        "--protocol", default="", metavar="FILE.py[:NAME]", help="the variant to judge; none: the reference"
    )
    group.addoption(
        "--scenario",
        action="append",
        default=[],
        metavar="NAME",
        help="a scenario file, or the name of a bundled one, to judge it on; may be given several times; none: small "
        "deployments of each kind",
    )
    group.addoption("--plans", default="out/plans", type=Path, metavar="DIR", help="where the plan of a failure goes")


def pytest_configure(config: pytest.Config) -> None:
    """Registers the markers; refuses what can't be judged before anything is run."""
    for family in dict.fromkeys(kind.family for kind in CATALOGUE):
        config.addinivalue_line("markers", f"{family_mark(family)}: properties of the family '{family}'")
    config.addinivalue_line("markers", "fast: properties over random plans")
    config.addinivalue_line("markers", "slow: Hypothesis: machines and whole plans")
    try:
        suite = config.stash[SUITE] = Suite(
            config.getoption("--protocol"), config.getoption("--scenario"), config.getoption("--plans")
        )
        if suite.spec and not hasattr(config, "workerinput"):
            suite.try_out()
    except BadInput as error:
        raise pytest.UsageError(str(error)) from None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for a deployment is run on each that the protocol can run on."""
    if "deployment" in metafunc.fixturenames:
        metafunc.parametrize("deployment", metafunc.config.stash[SUITE].deployments)


@pytest.fixture(scope="session")
def suite(request: pytest.FixtureRequest) -> Suite:
    """What the command line chose."""
    return request.config.stash[SUITE]


def give_up(request: pytest.FixtureRequest, error: str) -> NoReturn:
    """Ends the session with one error: no test can judge a variant that can't be run.

    Only one worker of xdist says so; whatever the others have begun is skipped.
    """
    request.session.shouldfail = "the variant can't be run"
    folder = request.getfixturevalue("tmp_path_factory").getbasetemp()
    folder = folder.parent if os.environ.get("PYTEST_XDIST_WORKER") else folder
    if not claim(folder / "given-up.taken"):
        pytest.skip("not judged: the variant can't be run")
    pytest.fail(error, pytrace=False)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How much Hypothesis did: counted where it was done, whichever worker that was."""
    totals: dict[str, int] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for what, count in getattr(report, "user_properties", ()):
                if what.startswith("hypothesis ") and getattr(report, "when", "") == "call":
                    totals[what] = totals.get(what, 0) + count
    if totals:
        terminalreporter.write_line(", ".join(f"{what}: {count:,}" for what, count in totals.items()))
