"""Sequencing: one total order per conversation, without holes.

    1. two shards both think they own a conversation and give out the same seq
    2. a seq is taken, its owner dies before the commit: every device waits for what never comes
    3. a shard stands still, another takes over and writes, the first wakes up and writes too

Requirements: G2, C4, P1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import FillerPersisted, Persisted, SendAttempted, SendRequested
from properties.base import Property, Violation, sees
from properties.ledger import LIVES, Ledger


class SeqIsUnique(Property):
    """A seq of a conversation belongs to one message for ever.

    Proof of a violation: two commits at the same seq.
    """

    name: ClassVar[str] = "seq-is-unique"
    family: ClassVar[str] = "sequencing"
    anomalies: ClassVar[tuple[str, ...]] = ("inconsistent offsets", "seq reuse", "split-brain commit")

    @sees(Persisted, FillerPersisted)
    def on_persisted(self, event: Persisted | FillerPersisted, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        if log is None:
            return
        self.tested += 1
        message, first = log.rows[event.seq]
        if first != index or event.seq <= log.base:
            self.violated(
                f"{event.conversation} {event.seq} was given to {message or 'a filler'} and to "
                f"{event.message if isinstance(event, Persisted) else 'a filler'}",
                first,
                index,
            )


class SeqHasNoHole(Property):
    """Commits of a conversation are numbered 1, 2, 3 … in the order in which they happen.

    Proof of a violation: a commit whose seq is not one above the highest before it.
    """

    name: ClassVar[str] = "seq-has-no-hole"
    family: ClassVar[str] = "sequencing"
    anomalies: ClassVar[tuple[str, ...]] = ("seq hole", "real-time order")

    @sees(Persisted, FillerPersisted)
    def on_persisted(self, event: Persisted | FillerPersisted, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        if log is None:
            return
        self.tested += 1
        if event.seq - log.base != len(log.rows) and log.rows[event.seq][1] == index:
            before = log.rows.get(event.seq - 1)
            highest = (
                f"{len(log.rows) - 1} rows after the first {log.base}" if log.base else f"{len(log.rows) - 1} rows"
            )
            self.violated(
                f"{event.conversation} {event.seq} was committed when there were {highest}",
                before[1] if before else None,
                index,
            )


class EpochsNeverGoBack(Property):
    """Once a newer owner of a conversation has written, no older one writes any more.

    Proof of a violation: a commit under a fencing epoch that is lower than that of an earlier commit of the conversation.
    """

    name: ClassVar[str] = "epochs-never-go-back"
    family: ClassVar[str] = "sequencing"
    anomalies: ClassVar[tuple[str, ...]] = ("split-brain commit",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._newest: dict[str, tuple[int, int]] = {}

    @sees(Persisted, FillerPersisted)
    def on_persisted(self, event: Persisted | FillerPersisted, index: int) -> None:
        if not event.epoch:
            return
        self.tested += 1
        newest, last = self._newest.get(event.conversation, (0, -1))
        if event.epoch < newest:
            where = f"{event.conversation} {event.seq}"
            self.violated(f"epoch {event.epoch} wrote {where} after epoch {newest} had written", last, index)
        else:
            self._newest[event.conversation] = (event.epoch, index)


class SendersOrderIsKept(Property):
    """What one device sends to a conversation is sequenced in the order in which it was sent.

    Proof of a violation: a commit of a send whose number is below that of a send of the same installation of the device to
    the same conversation that was committed before. Nothing is promised of what a wiped device had sent and what it sends
    after that.
    """

    name: ClassVar[str] = "senders-order-is-kept"
    family: ClassVar[str] = "order"
    anomalies: ClassVar[tuple[str, ...]] = ("sender FIFO",)
    rests_on = LIVES

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._number: dict[tuple[str, str], tuple[int, int]] = {}
        """By device and send: in which installation, and its number there."""
        self._send: dict[tuple[str, str], tuple[int, int]] = {}
        self._last: dict[tuple[str, int, str], tuple[int, int]] = {}

    @sees(SendRequested)
    def on_request(self, event: SendRequested, index: int) -> None:
        installation = self.ledger.installation_of.get(event.device, 1)
        self._number[event.device, event.send] = (installation, event.number)

    @sees(SendAttempted)
    def on_attempt(self, event: SendAttempted, index: int) -> None:
        if not self.ledger.again:
            self._send[event.conversation, event.message] = self._number.get((event.device, event.send), (1, 0))

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        installation, number = self._send.get((event.conversation, event.message), (1, 0))
        if not number:
            return
        self.tested += 1
        whose = (event.device, installation, event.conversation)
        highest, before = self._last.get(whose, (0, -1))
        if number < highest:
            what = f"its send number {number} to {event.conversation}"
            self.violated(
                f"{event.device} sent in order, but {what} was sequenced after number {highest}", before, index
            )
        else:
            self._last[whose] = (number, index)
