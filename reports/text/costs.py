"""What a message costs, by fan-out strategy: rows written, queue operations, pushes, reads and bytes.

Everything is counted where it happens and written down once, at the end of a run (`Counted`). Costs are given per message
of a person or of a change of membership; what does not follow from messages (heartbeats, presence) is left out.

Requirements: R6, P11, P12, W4.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from model.events import Counted, Persisted
from sim.history import Event

COSTS: dict[str, tuple[str, ...]] = {
    "rows of the log and its tables": ("messages", "dedupe", "outbox", "membership", "failures"),
    "inbox rows, one a recipient": ("inbox",),
    "cursors and read marks": ("cursors", "read marks"),
    "queue operations": ("task published", "task leased", "task closed", "task released"),
    "pushes": ("push",),
    "hints that there is more": ("push hint",),
    "notifications": ("notification",),
    "store reads for pages": ("page read", "segment read"),
    "rows sent in pages": ("page rows",),
    "store reads for recipients": ("recipients read",),
}
"""The lines of the table, each with what is counted in it."""

PER_LIST: dict[str, tuple[str, ...]] = {
    "partitions read": ("list read",),
    "rows read": ("list row",),
}
"""The lines about the list of conversations that a person opens: what one of them costs."""

GROWTH: dict[str, tuple[str, str]] = {
    "on write": ("recipients", "talks"),
    "on read": ("nothing", "unread"),
    "hybrid": ("small groups", "talks, unread"),
}
"""By strategy: with what the rows of a message grow, and what a list of conversations reads. On write that is a row for each
conversation; on read a row for each unread message of each, and each partition is asked; hybrid is in between.
"""

PRICED: tuple[str, ...] = tuple(kind for kinds in COSTS.values() for kind in kinds)
"""All of it: what follows from messages."""


class Cost(msgspec.Struct):
    """Totals of some runs: how many messages were accepted, and by what was counted, how often and how many bytes."""

    messages: int = 0
    counted: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)

    def merge(self, other: Cost) -> None:
        self.messages += other.messages
        for what, (number, size) in other.counted.items():
            mine = self.counted.get(what, (0, 0))
            self.counted[what] = (mine[0] + number, mine[1] + size)

    def per_message(self, kinds: Iterable[str]) -> float | None:
        """How often any of these happened, per message; None without messages."""
        return self._sum(kinds, 0) / self.messages if self.messages else None

    def bytes_per_message(self, kinds: Iterable[str]) -> float | None:
        """The bytes of these, per message; None without messages."""
        return self._sum(kinds, 1) / self.messages if self.messages else None

    def per_list(self, kinds: Iterable[str]) -> float | None:
        """How often any of these happened, per list of conversations that was answered; None without one."""
        lists = self._sum(("list",), 0)
        return self._sum(kinds, 0) / lists if lists else None

    def _sum(self, kinds: Iterable[str], which: int) -> int:
        return sum(self.counted.get(kind, (0, 0))[which] for kind in kinds)


def cost(history: Iterable[Event]) -> Cost:
    """What one run cost."""
    found = Cost()
    for event in history:
        if isinstance(event, Persisted):
            found.messages += 1
        elif isinstance(event, Counted):
            found.counted[event.what] = (event.number, event.bytes)
    return found
