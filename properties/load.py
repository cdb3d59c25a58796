"""Load: work that is repeated comes to an end.

    1. a refused append is tried again at once, and refused again, for ever
    2. a timer of no length sets itself anew

Requirements: V2, F9.
"""

from __future__ import annotations

from typing import ClassVar

from properties.base import Property, sees
from sim.history import Ended, Exhausted


class NoLivelock(Property):
    """The system does not keep itself busy without getting anywhere.

    Proof of a violation: the run had to be given up, because time stood still, or because far more happened than its load
    can account for.
    """

    name: ClassVar[str] = "no-livelock"
    family: ClassVar[str] = "liveness and load"
    anomalies: ClassVar[tuple[str, ...]] = ("retry livelock", "retry amplification")

    @sees(Ended)
    def on_ended(self, event: Ended, index: int) -> None:
        self.tested += 1

    @sees(Exhausted)
    def on_exhausted(self, event: Exhausted, index: int) -> None:
        self.violated(event.why, index)
