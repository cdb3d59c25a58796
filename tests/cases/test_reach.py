"""Wrong protocols that only rare situations tell from right ones: campaigns come there within thirty runs, and shrink it."""

from __future__ import annotations

import pytest
from support import ROOT, scenario

from faults.shrink.shrinker import shrink
from parley import variants
from parley.oracle import Oracle
from parley.runner import execute

pytestmark = pytest.mark.requirement("V11")

FOLDER = ROOT / "tests" / "cases" / "variants"


@pytest.mark.parametrize(
    ("name", "campaign", "promise"),
    [
        ("empty_by_disconnect", "ci", "device-cursor-is-sound"),
        ("skips_the_row_it_asked_for", "ci", "device-cursor-is-sound"),
        ("backoff_reset_on_refusal", "ci", "reconnects-are-spaced"),
        ("no_pause_longer_than_a_second", "ci", "reconnects-are-spaced"),
        ("two_minute_window", "outlasting", "one-row-per-message"),
        ("forgets_too_soon", "outlasting", "one-row-per-message"),
    ],
)
def test_a_campaign_comes_where_it_goes_wrong_and_the_plan_is_small(name: str, campaign: str, promise: str) -> None:
    spec = str(FOLDER / f"{name}.py")
    protocol, reference = variants.load(spec), variants.reference_of(spec)
    its = scenario(campaign)
    found = None
    for seed in range(1, 31):
        plan = its.plan(seed, reference)
        if promise in execute(plan, protocol).violated():
            found = plan
            break
    assert found is not None, f"{promise} holds in 30 runs of {campaign}"
    small = shrink(found, Oracle(protocol, promise))
    assert len(small.plan.workload) + len(small.plan.faults) <= 4
    assert execute(small.plan, variants.load("")).violated() == ()
