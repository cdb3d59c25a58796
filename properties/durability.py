"""Durability: what was accepted is stored, and stays what it was accepted as.

    1. device sends m, service answers 'accepted', dies before the commit: the device forgets m, nobody ever has it
    2. device sends m twice, and is told seq 4 and seq 5

Requirements: G1, P1, P2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import AcceptSent, Persisted, SendAccepted
from properties.base import Property, Violation, sees
from properties.ledger import ROWS, Ledger


class AcceptedIsDurable(Property):
    """An accepted message is durable before anybody is told that it is accepted.

    Seen at every accept, at the service and on the device: the message has been committed in that conversation by then.
    """

    name: ClassVar[str] = "accepted-is-durable"
    family: ClassVar[str] = "durability"
    anomalies: ClassVar[tuple[str, ...]] = ("early ack", "lost write")

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._durable: set[tuple[str, str]] = set()

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        self._durable.add((event.conversation, event.message))

    @sees(AcceptSent, SendAccepted)
    def on_accept(self, event: AcceptSent | SendAccepted, index: int) -> None:
        self.tested += 1
        if (event.conversation, event.message) not in self._durable:
            self.violated(f"{event.message} was accepted in {event.conversation} before it was durable", index)


class AcceptedPlaceIsTrue(Property):
    """The seq that a sender is told is where its message is, every time it is told.

    Seen at every accept that says a seq: the row at that seq is this message. Two different answers cannot both be true.
    """

    name: ClassVar[str] = "accepted-place-is-true"
    family: ClassVar[str] = "durability"
    anomalies: ClassVar[tuple[str, ...]] = ("unstable ack",)
    rests_on = ROWS

    @sees(AcceptSent, SendAccepted)
    def on_accept(self, event: AcceptSent | SendAccepted, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        if not event.seq or log is None:
            return
        self.tested += 1
        row = log.rows.get(event.seq)
        if row is None or row[0] != event.message:
            there = f"{row[0]} is there" if row else "nothing is there"
            self.violated(
                f"{event.message} was accepted as {event.conversation} {event.seq}, but {there}",
                row[1] if row else None,
                index,
            )
