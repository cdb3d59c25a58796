"""Keyed randomness and the distributions that map it: what reproducibility rests on."""

from __future__ import annotations

import statistics

import msgspec
import pytest

from sim.distributions import Constant, Distribution, Empirical, Exponential, LogNormal, Uniform
from sim.draws import Draws, Picker, key


def sample(distribution: Distribution, count: int = 20_000) -> list[int]:
    draws, draw = Draws(7), distribution.sampler()
    return [draw(draws.u64(key("test"), i)) for i in range(count)]


@pytest.mark.requirement("V7")
def test_draws_are_the_same_numbers_everywhere_and_for_ever() -> None:
    """Written down once: if these change, no stored plan replays any more."""
    assert key("latency") == 0x4D9FC40BB394D8C7
    assert Draws(1).u64(key("latency"), 2, 3, 4) == 0x2555A49629B9666
    assert Draws(1).u64(key("latency"), 2, 3, 4) != Draws(2).u64(key("latency"), 2, 3, 4)


def test_a_draw_depends_on_every_part_of_its_key() -> None:
    draws = Draws(1)
    base = (key("a"), 1, 2, 3)
    others = [(key("b"), 1, 2, 3), (key("a"), 9, 2, 3), (key("a"), 1, 9, 3), (key("a"), 1, 2, 9)]
    assert len({draws.u64(*k) for k in [base, *others]}) == 5


@pytest.mark.parametrize(
    ("distribution", "median", "p99"),
    [
        (Constant(value=5), 5, 5),
        (Uniform(low=100, high=200), 150, 199),
        (Exponential(mean=1_000), 693, 4_605),
        (LogNormal(median=1_000, p99=8_000), 1_000, 8_000),
        (Empirical(quantiles=(0, 10, 100)), 10, 98),
    ],
)
def test_samples_have_the_quantiles_that_the_distribution_states(
    distribution: Distribution, median: int, p99: int
) -> None:
    values = sorted(sample(distribution))
    assert values[len(values) // 2] == pytest.approx(median, rel=0.03, abs=1)
    assert values[int(len(values) * 0.99)] == pytest.approx(p99, rel=0.06, abs=1)
    assert min(values) >= 0


def test_the_lognormal_table_agrees_with_the_exact_quantile_and_keeps_the_tail() -> None:
    distribution = LogNormal(median=15_000, p99=60_000)
    draw = distribution.sampler()
    for p in (0.001, 0.1, 0.5, 0.9, 0.99, 0.999):
        assert draw(int(p * 2**64)) == pytest.approx(distribution.quantile(p), rel=0.005)
    assert draw(2**64 - 1) > distribution.quantile(0.99999)
    assert statistics.mean(sample(distribution)) == pytest.approx(15_000 * 2.718281828 ** (0.5959**2 / 2), rel=0.03)


@pytest.mark.parametrize(
    "wrong",
    [
        {"distribution": "uniform", "low": 5, "high": 1},
        {"distribution": "exponential", "mean": 0},
        {"distribution": "lognormal", "median": 10, "p99": 5},
        {"distribution": "empirical", "quantiles": [3, 1]},
        {"distribution": "pareto"},
    ],
)
def test_impossible_distributions_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Distribution)


def test_picks_are_in_range_and_reach_every_option() -> None:
    pick = Picker(Draws(3), "test")
    assert {pick.between(2, 4) for _ in range(100)} == {2, 3, 4}
    assert {pick.weighted([("a", 1), ("b", 3)]) for _ in range(100)} == {"a", "b"}
    assert sorted(pick.sample([1, 2, 3], 3)) == [1, 2, 3]
    assert 350 < sum(pick.chance(0.4) for _ in range(1_000)) < 450
