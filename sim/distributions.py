"""Latencies as inverse CDFs: a 64-bit draw in, integer microseconds out.

A distribution is data (it comes from a scenario file); `sampler` compiles it into a plain function for the hot path.
The log-normal is read from a table of 4,096 equiprobable quantiles with integer interpolation, and computed exactly
in the first and last cell, so that its tail is not cut. Besides the speed, this keeps the last bit of a machine's
`exp` out of nearly every draw.

Requirements: V7.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

import msgspec

Sampler = Callable[[int], int]
"""A 64-bit uniform draw to integer µs, at least 0."""

_TWO64 = 2.0**64
_CELLS_LOG2 = 12
_NORMAL = NormalDist()


class Constant(msgspec.Struct, frozen=True, tag="constant", tag_field="distribution", forbid_unknown_fields=True):
    """Always `value` µs."""

    value: int

    def __post_init__(self) -> None:
        if self.value < 0:
            raise ValueError(f"expected value >= 0, got {self.value}")

    def sampler(self) -> Sampler:
        value = self.value
        return lambda u: value


class Uniform(msgspec.Struct, frozen=True, tag="uniform", tag_field="distribution", forbid_unknown_fields=True):
    """Every integer in [low, high] µs alike."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise ValueError(f"expected 0 <= low <= high, got low = {self.low}, high = {self.high}")

    def sampler(self) -> Sampler:
        low, width = self.low, self.high - self.low + 1
        return lambda u: low + (u * width >> 64)


class Exponential(msgspec.Struct, frozen=True, tag="exponential", tag_field="distribution", forbid_unknown_fields=True):
    """Memoryless with this mean, in µs: -mean * ln(1 - u)."""

    mean: int

    def __post_init__(self) -> None:
        if self.mean <= 0:
            raise ValueError(f"expected mean > 0, got {self.mean}")

    def sampler(self) -> Sampler:
        mean, log = self.mean, math.log
        return lambda u: round(-mean * log((u + 1) / _TWO64))


class LogNormal(msgspec.Struct, frozen=True, tag="lognormal", tag_field="distribution", forbid_unknown_fields=True):
    """Log-normal given by two quantiles that people publish: `median` and `p99`, in µs. sigma = ln(p99/median) / z99."""

    median: int
    p99: int

    def __post_init__(self) -> None:
        if not 0 < self.median <= self.p99:
            raise ValueError(f"expected 0 < median <= p99, got median = {self.median}, p99 = {self.p99}")

    def quantile(self, p: float) -> int:
        sigma = math.log(self.p99 / self.median) / _NORMAL.inv_cdf(0.99)
        return round(self.median * math.exp(sigma * _NORMAL.inv_cdf(p)))

    def sampler(self) -> Sampler:
        table, last, quantile = _lognormal_table(self), (1 << _CELLS_LOG2) - 1, self.quantile
        cell_shift, fraction_mask = 64 - _CELLS_LOG2, (1 << 20) - 1
        fraction_shift = cell_shift - 20

        def sample(u: int) -> int:
            cell = u >> cell_shift
            if 0 < cell < last:
                low = table[cell]
                return low + ((table[cell + 1] - low) * (u >> fraction_shift & fraction_mask) >> 20)
            return quantile(min(max((u + 0.5) / _TWO64, 1e-12), 1 - 1e-12))

        return sample


class Empirical(msgspec.Struct, frozen=True, tag="empirical", tag_field="distribution", forbid_unknown_fields=True):
    """Measured quantiles, evenly spaced from the minimum to the maximum, in µs; linear in between."""

    quantiles: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.quantiles) < 2 or list(self.quantiles) != sorted(self.quantiles) or self.quantiles[0] < 0:
            raise ValueError("expected at least two quantiles, ascending, none negative")

    def sampler(self) -> Sampler:
        quantiles, cells = self.quantiles, len(self.quantiles) - 1

        def sample(u: int) -> int:
            position = u * cells
            cell = position >> 64
            low = quantiles[cell]
            return low + ((quantiles[cell + 1] - low) * (position & (1 << 64) - 1) >> 64)

        return sample


Distribution = Constant | Uniform | Exponential | LogNormal | Empirical

_tables: dict[LogNormal, list[int]] = {}


def _lognormal_table(distribution: LogNormal) -> list[int]:
    table = _tables.get(distribution)
    if table is None:
        cells = 1 << _CELLS_LOG2
        table = [0, *(distribution.quantile(i / cells) for i in range(1, cells)), 0]
        _tables[distribution] = table
    return table
