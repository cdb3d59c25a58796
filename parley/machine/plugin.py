"""The pytest plugin behind `pytest properties`: its options, markers and fixtures.

`--protocol` says which protocol the suite judges, `--scenario` where. PARLEY_PROFILE (or Hypothesis's own
--hypothesis-profile) says how long it looks: dev, ci (the default: the same examples at every run), or nightly. dev and
nightly keep what failed in `.hypothesis/`, and try it first the next time.

Markers: a property's family (`-m cursor`), and a tier: `fast` for the properties over random plans, `slow` for Hypothesis.

Requirements: V2, V5.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from properties.catalogue import CATALOGUE, family_mark

if TYPE_CHECKING:
    from parley.machine.bodies import Bodies
    from parley.machine.suite import Suite

_ANY = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
_COMMON: dict[str, Any] = {"deadline": None, "suppress_health_check": _ANY, "report_multiple_bugs": False}
_COMMON["phases"] = [phase for phase in Phase if phase is not Phase.explain]  # which traces each line that runs

settings.register_profile("dev", max_examples=50, stateful_step_count=20, **_COMMON)
settings.register_profile("ci", max_examples=150, stateful_step_count=25, derandomize=True, database=None, **_COMMON)
settings.register_profile("nightly", max_examples=2_600, stateful_step_count=25, **_COMMON)
settings.load_profile(os.environ.get("PARLEY_PROFILE", "ci"))

SUITE = pytest.StashKey["Suite"]()


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
    config.addinivalue_line("markers", "requirement(*ids): the requirements that a test protects")
    config.addinivalue_line("markers", "fast: properties over random plans")
    config.addinivalue_line("markers", "slow: Hypothesis: machines and whole plans")
    if config.getoption("--protocol") or config.getoption("--scenario"):
        _suite(config, try_out=not hasattr(config, "workerinput"))


def _suite(config: pytest.Config, try_out: bool = False) -> Suite:
    """Return what the command line chose. Raises pytest.UsageError for what can't be judged."""
    from parley.errors import BadInput
    from parley.machine.suite import Suite

    if SUITE not in config.stash:
        try:
            suite = Suite(config.getoption("--protocol"), config.getoption("--scenario"), config.getoption("--plans"))
            if suite.spec and try_out:
                suite.try_out()
        except BadInput as error:
            raise pytest.UsageError(str(error)) from None
        config.stash[SUITE] = suite
    return config.stash[SUITE]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test that asks for `suite_deployment` on each deployment that the protocol can run on."""
    if "suite_deployment" in metafunc.fixturenames:
        metafunc.parametrize("suite_deployment", _suite(metafunc.config).deployments)


@pytest.fixture(scope="session")
def suite_bodies(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bodies:
    """What the suite's tests do. xdist workers share the work: they meet in the folder."""
    from parley.machine.bodies import Bodies

    folder = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        folder = folder.parent
    return Bodies(_suite(request.config), folder, request.session)


@pytest.fixture
def judge_property(suite_bodies: Bodies) -> Callable[[str], None]:
    """`judge_property(name)` fails if a random plan violates the property, and skips if none put it to the test."""
    return suite_bodies.judge_property


@pytest.fixture
def drive_machine(suite_bodies: Bodies, request: pytest.FixtureRequest) -> Callable[[str], None]:
    """`drive_machine(deployment)` runs the Hypothesis machine there, and fails with the smallest example."""
    return lambda deployment: suite_bodies.drive_machine(deployment, _recording(request))


@pytest.fixture
def try_plans(suite_bodies: Bodies, request: pytest.FixtureRequest) -> Callable[[str], None]:
    """`try_plans(deployment)` runs whole plans from Hypothesis there, and fails with the smallest one."""
    return lambda deployment: suite_bodies.try_plans(deployment, _recording(request))


def _recording(request: pytest.FixtureRequest) -> Callable[[str, object], None]:
    """What records something of the test, for the summary and JUnit's XML: of any family, unlike pytest's `record_property`."""
    recorded = request.node.user_properties
    return lambda name, value: recorded.append((name, value))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How much Hypothesis did, and what each test measured: where it was done, whichever worker that was."""
    totals: dict[str, int] = {}
    told: dict[str, str] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            recorded = dict(getattr(report, "user_properties", ())) if getattr(report, "when", "") == "call" else {}
            for what in recorded:
                if what.startswith("hypothesis "):
                    totals[what] = totals.get(what, 0) + recorded[what]
            if any(what.startswith("parley ") for what in recorded):
                from parley.machine.figures import line

                told[report.nodeid.rpartition("::")[2]] = line(recorded)
    if any(told.values()):
        terminalreporter.write_line("over all examples, p50 / p95 / p99:")
        for test, measured in sorted(told.items()):
            terminalreporter.write_line(f"  {test}  {measured}")
    if totals:
        terminalreporter.write_line(", ".join(f"{what}: {count:,}" for what, count in totals.items()))
