"""Which unit the times of a record seem to be in, if it is not the µs that they have to be in.

Requirements: V1.
"""

from __future__ import annotations

_SPANS = (
    (range(1_000_000_000_000, 10_000_000_000_000), "milliseconds", 1_000),
    (range(1_000_000_000, 10_000_000_000), "seconds", 1_000_000),
)
"""Times since 1970 of the years from 2001 to 2286, by unit."""


def unit_of(first: int, last: int) -> tuple[str, int] | None:
    """What times from `first` to `last` look like, and how many µs that is; None: like what they should be."""
    return next(((unit, factor) for span, unit, factor in _SPANS if first in span and last in span), None)
