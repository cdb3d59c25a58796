"""Delta debugging: the smallest part of a list that still does it.

`ddmin` after Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, IEEE TSE 28(2), 2002: what it
leaves is 1-minimal (no single item can be left out), after about n log n tests when few items matter.

Requirements: V6.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")


def ddmin(items: Sequence[T], keeps: Callable[[list[T]], bool]) -> list[T]:
    """A 1-minimal part of `items`, in their order. `keeps(all of them)` is taken for true, and not asked."""
    left = list(items)
    if left and keeps([]):
        return []
    pieces = 2
    while len(left) >= 2:
        bounds = [len(left) * i // pieces for i in range(pieces + 1)]
        cuts = list(pairwise(bounds))
        rest: list[T] | None = None
        for start, end in reversed(cuts):  # what comes last is most often what came after the failure
            without = left[:start] + left[end:]
            if keeps(without):
                rest = without
                break
        else:
            if pieces > 2:
                rest = next((left[a:b] for a, b in cuts if keeps(left[a:b])), None)
        if rest is not None:
            left = rest
            pieces = max(2, min(len(left), pieces - 1))
        elif pieces >= len(left):
            break
        else:
            pieces = min(len(left), pieces * 2)
    return left
