"""Keyed randomness: a draw is a hash of what it is for, never the next number of a stream.

So a draw depends on its key alone. Take one fault out of a plan, and every draw whose key does not follow from that
fault stays what it was: shrinking, blame and comparison on common random numbers rest on this.

Measured on CPython 3.11: 0.07 µs for packing and hashing four integers with XXH3, against about 2 µs with BLAKE2b.

Requirements: V7.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from struct import Struct
from typing import TypeVar

from xxhash import xxh3_64_intdigest

T = TypeVar("T")

MASK64 = (1 << 64) - 1
MASK32 = (1 << 32) - 1
pack = Struct("<QQQQ").pack
"""Four integers in [0, 2**64) as the bytes of a draw's key."""


@lru_cache(maxsize=1 << 17)
def key(name: str) -> int:
    """A 64-bit integer that stands for a name in a draw: the same in every process, on every machine."""
    return xxh3_64_intdigest(name.encode())


class Draws:
    """All the randomness of one run. Draws are 64-bit integers, uniform over [0, 2**64)."""

    __slots__ = ("seed",)

    def __init__(self, seed: int) -> None:
        self.seed = seed & MASK64

    def u64(self, purpose: int, a: int = 0, b: int = 0, c: int = 0) -> int:
        """The draw for this purpose and these up to three integers in [0, 2**64)."""
        return xxh3_64_intdigest(pack(purpose, a, b, c), self.seed)


class Picker:
    """A sequence of choices for making a plan, keyed by (seed, purpose, running number).

    Only makers of plans use this: a plan is data once it is made, so that nothing shifts when it is changed.
    """

    def __init__(self, draws: Draws, purpose: str) -> None:
        self._draws = draws
        self._purpose = key(purpose)
        self._count = 0

    def aside(self, purpose: str) -> Picker:
        """Choices for another purpose under the same seed, which leave these where they are."""
        return Picker(self._draws, purpose)

    def u64(self) -> int:
        self._count += 1
        return self._draws.u64(self._purpose, self._count)

    def below(self, n: int) -> int:
        """An integer in [0, n). The bias of taking a 64-bit draw modulo n is below n / 2**64."""
        return self.u64() % n

    def between(self, low: int, high: int) -> int:
        """An integer in [low, high], both included."""
        return low + self.below(high - low + 1)

    def chance(self, probability: float) -> bool:
        return self.u64() < probability * 2**64

    def choose(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def weighted(self, options: Sequence[tuple[T, int]]) -> T:
        """One of the options, each as likely as its integer weight."""
        at = self.below(sum(weight for _, weight in options))
        for option, weight in options:
            if at < weight:
                return option
            at -= weight
        raise AssertionError("weights do not add up")

    def subset(self, options: Sequence[T], probability: float) -> list[T]:
        """Each option with this probability, in their order."""
        return [option for option in options if self.chance(probability)]

    def sample(self, options: Sequence[T], count: int) -> list[T]:
        """`count` different options, in drawn order."""
        pool = list(options)
        return [pool.pop(self.below(len(pool))) for _ in range(min(count, len(pool)))]
