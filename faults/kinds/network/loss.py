"""Messages vanish.

Requirements: F3.
"""

from __future__ import annotations

from faults.kit import Fate, OneOnLinks, OnMessages, SomeOnLinks, kind


class _Vanishes(OnMessages):
    def befall(self, fate: Fate, draw: int) -> None:
        fate.lost = "armed" if self.armed else "loss"


@kind("loss")
class Loss(_Vanishes, SomeOnLinks):
    """Messages vanish, frames of connections included."""

    armed_form = "drop_at"


@kind("drop_at")
class DropAt(_Vanishes, OneOnLinks):
    """That message vanishes.

    An answer of the store or the queue that vanishes makes an ambiguous outcome: Appended was committed, and its caller
    sees a time-out.
    """

    everyday = True
