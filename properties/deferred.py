"""What may be wrong, where clocks differ, waits until nothing can come any more that would put it right.

Requirements: V1.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import ClassVar, Generic, Protocol, TypeVar

from properties.base import Property, Violation, sees
from properties.ledger import Ledger
from sim.history import Ended, Event


class _Timed(Protocol):
    @property
    def t(self) -> int: ...


Suspicion = TypeVar("Suspicion", bound=_Timed)
"""What may be wrong, and when that happened, in µs."""


class Deferred(Property, Generic[Suspicion]):
    """Says what is wrong at once, or, where clocks differ, when whatever may have happened before must have been read."""

    optional: ClassVar[tuple[type[Event], ...]] = (Ended,)
    numbers = False

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self.waiting: deque[Suspicion] = deque()
        """In the order in which it was read."""

    def overdue(self, suspicion: Suspicion) -> None:
        """Says what is wrong, if it still is."""
        raise NotImplementedError

    def suspect(self, suspicion: Suspicion) -> None:
        """Something is wrong, as far as is known by now."""
        if self.ledger.skew:
            self.waiting.append(suspicion)
        else:
            self.overdue(suspicion)

    def give_up(self, t: int) -> None:
        """Something of time `t`, in µs, was read: what waits is overdue if it happened long enough before that."""
        before = t - self.ledger.reorder_window
        while self.waiting and self.waiting[0].t < before:
            self.overdue(self.waiting.popleft())

    @sees(Ended)
    def on_ended(self, _event: Ended, _: int) -> None:
        while self.waiting:
            self.overdue(self.waiting.popleft())
