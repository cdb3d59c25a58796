"""Replication: what the store committed stays, and what it says of its own head is so.

    1. the leader answers when it alone has a row, and dies: the next leader has never heard of it
    2. a deposed leader that stood still says that the head is 4, when 5 has been committed: a sequencer counts on from 4,
       a worker delivers by the members of 4
    3. two replicas lead in one term, and each commits its own entry at the same place of the log

A partition with one replica has nothing of this to get wrong, and these properties are not put to the test by it.

Requirements: C5, G4, P13.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import FillerPersisted, HeadRead, LeaderElected, Persisted, RowLost
from properties.base import Property, Violation, sees
from properties.ledger import Ledger


class CommittedRowsStay(Property):
    """No replica of the store gives up a row that was committed.

    Seen at every commit, and where a replica says that it had to give one up: then another row may take its seq, or none.
    """

    name: ClassVar[str] = "committed-rows-stay"
    family: ClassVar[str] = "replication"
    anomalies: ClassVar[tuple[str, ...]] = ("lost write", "fail-over rollback")

    @sees(Persisted, FillerPersisted)
    def on_persisted(self, event: Persisted | FillerPersisted, index: int) -> None:
        self.tested += 1

    @sees(RowLost)
    def on_lost(self, event: RowLost, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        row = log.rows.get(event.seq) if log is not None else None
        where = f"{event.conversation} {event.seq} ({event.message or 'a filler'})"
        self.violated(f"{where} was committed, and {event.node} gave it up", row[1] if row else None, index)


class HeadReadsAreFresh(Property):
    """What must not be stale is not: a head that the store tells is not below one that was committed before the question.

    It is enough to look at the row above the head that was told: rows are committed in the order of their seqs. A commit in
    the same microsecond as the question may be seen or not.
    """

    name: ClassVar[str] = "head-reads-are-fresh"
    family: ClassVar[str] = "replication"
    anomalies: ClassVar[tuple[str, ...]] = ("stale read", "split-brain read")

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._committed: dict[tuple[str, int], tuple[int, int]] = {}

    @sees(Persisted, FillerPersisted)
    def on_persisted(self, event: Persisted | FillerPersisted, index: int) -> None:
        self._committed.setdefault((event.conversation, event.seq), (event.t, index))

    @sees(HeadRead)
    def on_read(self, event: HeadRead, index: int) -> None:
        self.tested += 1
        at, committed = self._committed.get((event.conversation, event.head + 1), (event.asked, -1))
        if at < event.asked:
            above = f"{event.head + 1} had been committed {(event.asked - at) / 1e6:.6f} s before it was asked"
            told = f"{event.node} said that the head of {event.conversation} is {event.head}"
            self.violated(f"{told}, when {above}", committed, index)


class OneLeaderPerTerm(Property):
    """In one term at most one replica of a partition leads.

    Proof of a violation: two elections in the same partition and term, of different replicas.
    """

    name: ClassVar[str] = "one-leader-per-term"
    family: ClassVar[str] = "replication"
    anomalies: ClassVar[tuple[str, ...]] = ("split brain",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._leaders: dict[tuple[str, int], tuple[str, int]] = {}

    @sees(LeaderElected)
    def on_elected(self, event: LeaderElected, index: int) -> None:
        self.tested += 1
        leader, first = self._leaders.setdefault((event.partition, event.term), (event.node, index))
        if leader != event.node:
            self.violated(f"{leader} and {event.node} both lead {event.partition} in term {event.term}", first, index)
