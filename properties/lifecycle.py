"""Lifecycle: a message comes to no state before the one that all others begin with. The states are those of `docs/lifecycle.md`.

    1. a relay reads a row whose transaction never commits: a task goes out for a message that does not exist
    2. a read mark or a cursor is counted on from a head that somebody expects

Requirements: P17, P3.
"""

from __future__ import annotations

from typing import ClassVar

from model.events import DeliveryFailed, Enqueued, FanOutChosen, HandedToNotification, Pushed, ReadStored
from properties.base import Property, sees
from properties.ledger import ROWS


class NothingBeforeTheCommit(Property):
    """A message is accepted first: nothing is enqueued, fanned out, pushed, handed over, given up or read before the commit.

    Proof of a violation: an Enqueued, FanOutChosen, Pushed, HandedToNotification or DeliveryFailed of a seq, or a ReadStored
    up to one, that is above the highest that was committed. What a cursor says is judged by the cursor family.
    """

    name: ClassVar[str] = "nothing-before-the-commit"
    family: ClassVar[str] = "lifecycle"
    anomalies: ClassVar[tuple[str, ...]] = ("precommitted read", "phantom", "ahead of log")
    rests_on = ROWS

    @sees(Enqueued, FanOutChosen, Pushed, HandedToNotification, DeliveryFailed, ReadStored)
    def on_step(
        self,
        event: Enqueued | FanOutChosen | Pushed | HandedToNotification | DeliveryFailed | ReadStored,
        index: int,
    ) -> None:
        log = self.ledger.logs.get(event.conversation)
        if log is None:
            return
        self.tested += 1
        seq = event.to if isinstance(event, ReadStored) else event.seq
        if seq > log.head:
            last = log.rows.get(log.head)
            self.violated(
                f"{type(event).__name__} of {event.conversation} {seq}, of which only {log.head} are committed",
                last[1] if last else None,
                index,
            )
