"""Counts what a run costs: how often, and how many bytes, by name. An observer: no crash of a node touches it.

Requirements: R6.
"""

from __future__ import annotations


class Meter:
    """Totals by name, in the order in which they first came up."""

    def __init__(self) -> None:
        self.totals: dict[str, list[int]] = {}

    def add(self, what: str, number: int, size: int = 0) -> None:
        """`number` more of something, of `size` bytes together."""
        total = self.totals.get(what)
        if total is None:
            self.totals[what] = [number, size]
        else:
            total[0] += number
            total[1] += size
