"""Rows that are kept for a while only: nothing is removed before its time.

What follows from a removal is in other properties: nobody owes what is gone, and everybody owes the rest.

    1. a store removes rows by when it last looked, and not by when they were written: what is a second old is gone
    2. a cache's time to live is taken for that of the log

Requirements: P18, P23.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from model.events import FillerPersisted, Persisted, RowsRemoved
from properties.base import Violation, sees
from properties.ledger import Ledger
from properties.time import Clocks


class _Row(NamedTuple):
    """A row's time, µs by the store's clock, and the event of its commit."""

    stored_at: int
    event: int


class RemovedIsOld(Clocks):
    """What policy removes is older than it is to be kept, by the store's time, and goes from the oldest on.

    Proof of a violation: a RowsRemoved that names a `retention`, and a row up to its place, not removed before, that is younger,
    be servers' clocks ahead by as much as any was until then; or one that goes back below what was removed before. Work: each row
    is looked at once.
    """

    name: ClassVar[str] = "removed-is-old"
    family: ClassVar[str] = "durability"
    anomalies: ClassVar[tuple[str, ...]] = ("lost write",)
    rests_on = (FillerPersisted,)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._rows: dict[str, dict[int, _Row]] = {}
        self._removed: dict[str, tuple[int, int]] = {}
        """By conversation: up to where rows were removed, and the event that says so."""

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        if event.stored_at:
            self._rows.setdefault(event.conversation, {}).setdefault(event.seq, _Row(event.stored_at, index))

    @sees(RowsRemoved)
    def on_removed(self, event: RowsRemoved, index: int) -> None:
        self.tested += 1
        self.catch_up(event.t)
        before, said = self._removed.get(event.conversation, (0, -1))
        if event.upto < before:
            self.violated(
                f"{event.conversation} is removed up to {event.upto}, and was up to {before} before", said, index
            )
            return
        self._removed[event.conversation] = (event.upto, index)
        rows = self._rows.get(event.conversation, {})
        for seq in range(before + 1, event.upto + 1):
            row = rows.pop(seq, None)
            if row is not None and event.retention and event.t + self.ahead - row.stored_at < event.retention:
                age = (event.t - row.stored_at) / 1e6
                self.violated(
                    f"{event.conversation} {seq} is removed as older than {event.retention / 1e6:g} s, and is {age:g} s old",
                    row.event,
                    index,
                )
                return
