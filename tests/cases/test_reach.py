"""Wrong protocols that only rare situations tell from right ones: campaigns come there within thirty runs, and shrink it."""

from __future__ import annotations

import msgspec
import pytest
from support import ROOT, SECOND, plan, scenario

from faults import kinds
from faults.plan import ProtocolRef
from faults.search.deviations import all_worded
from faults.search.enumeration import enumerate_sets
from faults.shrink.shrinker import shrink
from parley import variants
from parley.oracle import Oracle
from parley.runner import Runner, execute

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


@pytest.mark.requirement("V5")
@pytest.mark.parametrize(
    ("name", "promise", "words"),
    [
        ("empty_by_disconnect", "device-cursor-is-sound", "the connection breaks with SyncRequest"),
        ("skips_the_row_it_asked_for", "device-cursor-is-sound", "the connection breaks with SyncRequest"),
        ("backoff_reset_on_refusal", "reconnects-are-spaced", "is refused from"),
    ],
)
def test_one_deviation_is_enough(name: str, promise: str, words: str) -> None:
    """A phone that comes back to what it missed, in a plain story of two minutes."""
    spec = str(FOLDER / f"{name}.py")
    woken = kinds.Sleep(device="bob-laptop", at=2 * SECOND, duration=20 * SECOND)
    missed = tuple((at * SECOND, "alice-phone") for at in (4, 5, 6))
    story = plan(woken, sends=missed, duration=100 * SECOND)
    story = msgspec.structs.replace(story, protocol=variants.reference_of(spec), tail=0)
    found = enumerate_sets(story, 1, Runner(spec), about=promise, enough=lambda found: promise in found.least)
    assert found.radius(promise) == 1
    assert any(words in all_worded(each) for each in found.least[promise])
    assert not enumerate_sets(msgspec.structs.replace(story, protocol=ProtocolRef()), 0, Runner("")).least
