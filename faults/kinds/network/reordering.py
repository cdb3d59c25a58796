"""Datagrams overtake each other.

Requirements: F3.
"""

from __future__ import annotations

from faults.kit import MS, SECOND, Aims, Choices, Delay, Fate, Picker, SomeOnLinks, kind


@kind("reordering")
class Reordering(SomeOnLinks):
    """Datagrams are held back by up to `delay` µs, so that later ones overtake them."""

    delay: Delay

    armed_form = "delay_at"
    ordered_too = False

    def befall(self, fate: Fate, draw: int) -> None:
        fate.delay += draw * self.delay >> 64

    @classmethod
    def aim(cls, pick: Picker, aims: Aims) -> Choices:
        return {**super().aim(pick, aims), "delay": pick.choose((20 * MS, 200 * MS, 2 * SECOND))}
