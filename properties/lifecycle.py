"""Lifecycle: a message comes to no state before the one that all others begin with. The states are those of `docs/lifecycle.md`.

    1. a relay reads a row whose transaction never commits: a task goes out for a message that does not exist
    2. a read mark or a cursor is counted on from a head that somebody expects
    3. a delivery is given up, and nobody is told: what was to end in a state that is seen ends in none

Requirements: P17, P3, D10.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from model.events import (
    DeliveryFailed,
    Enqueued,
    FailureAlert,
    FanOutChosen,
    HandedToNotification,
    ListedInLog,
    Pushed,
    ReadStored,
)
from properties.base import Debt, Liveness, Property, Violation, sees
from properties.ledger import ROWS, Ledger


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


class FailuresRaiseAnAlert(Liveness):
    """Every delivery that is given up is told of by an alert.

    Owed from a DeliveryFailed on, or a ListedInLog of a dead letter, until a FailureAlert of the same conversation and
    reason has counted it. An alert that tells of more failures than there were is a violation at once.
    """

    name: ClassVar[str] = "failures-raise-an-alert"
    family: ClassVar[str] = "lifecycle"
    anomalies: ClassVar[tuple[str, ...]] = ("silent failure",)
    optional = (ListedInLog,)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._untold: dict[tuple[str, str], list[int]] = {}
        """By conversation and reason: the indices of the failures that no alert has told of."""

    @sees(DeliveryFailed, ListedInLog)
    def on_failure(self, event: DeliveryFailed | ListedInLog, index: int) -> None:
        reason = event.reason if isinstance(event, DeliveryFailed) else event.why
        self.tested += 1
        self._untold.setdefault((event.conversation, reason), []).append(index)

    @sees(FailureAlert)
    def on_alert(self, event: FailureAlert, index: int) -> None:
        which = (event.conversation, event.reason)
        untold = self._untold.get(which, [])
        if event.failures > len(untold):
            self.violated(
                f"an alert tells of {event.failures} failures in {event.conversation} ({event.reason}), of which there are "
                f"{len(untold)}",
                index,
            )
        left = untold[event.failures :]
        if left:
            self._untold[which] = left
        else:
            self._untold.pop(which, None)

    def owed(self) -> int:
        return len(self._untold)

    def missing(self) -> Iterator[Debt]:
        for (conversation, reason), untold in self._untold.items():
            what = f"{len(untold)} deliveries were given up in {conversation} ({reason}), and no alert tells of it"
            yield Debt(what, tuple(untold[:1]), "", conversation)
