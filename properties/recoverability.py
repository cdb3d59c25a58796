"""Recoverability: which promises are due after healing, when something was lost that no healing brings back.

A debt may stay open only with a certificate, and there are two of them. Nothing else excuses anything: not that the device
was away for long, nor that a message was sent in the middle of everything.

- *Its device never came back.* A LostForGood of the device, and no sign of life of it since. It excuses what that device owes
  itself, and nobody else: its messages that were accepted are due everywhere else.
- *Its quorum is gone for good.* A QuorumLostForGood that names a partition's replicas and its conversations, and a
  LostForGood, with no life since, of so many of those replicas that the rest is no majority. It excuses what is owed in a
  conversation of that partition, or what was written at one of its replicas before and has to be written again.

A certificate is not taken on trust. What would not be so if it were true makes it void, and all it excused is due again:

    1. the device is said to be lost, and starts again later, or connects, stores, shows or sends something: it is there, and
       owes what it owes
    2. two of three replicas are said to be lost, and one comes back: most are there, and everything is due
    3. a quorum is said to be lost, and something is committed in one of its conversations all the same
    4. a conversation is said to be of a partition, and its last commit was at a node that is no replica of that partition

That a message's retention has expired is no third one, though a system that deletes what is old would need it. Here nothing
is: the history is complete for ever (G4), and what has a time to live is pushing. `worker.time_to_live` ends with a failure
row and an alert, and a device that syncs shows the message all the same, so that it stays due. The only rows with a retention
are those of the dedupe table, and none of them is a debt. A record of a system that deletes would say so by an event that there
is not, and until there is one, what it lacks is reported as owed.

It is coarse in one way: an excused device or conversation is excused for all it owes, also for what went wrong before the
loss and had nothing to do with it. The safety properties hold there as everywhere.

Requirements: V2, G1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from model.events import Connected, FillerPersisted, Persisted, SendRequested, Shown, Stored, Woke
from properties.base import Debt
from sim.history import Event, LostForGood, QuorumLostForGood, Restarted


@dataclass
class _Quorum:
    """A claim that a partition's quorum is lost, and the conversations for which nothing has refuted it."""

    replicas: tuple[str, ...]
    conversations: dict[str, None] = field(default_factory=dict)


class Recoverability:
    """Collects the certificates of a history, and says which debts they excuse."""

    def __init__(self) -> None:
        self._lost: dict[str, int] = {}
        self._quorums: dict[str, _Quorum] = {}
        self._committed_at: dict[str, str] = {}

    def sights(self) -> Iterator[tuple[type[Event], Callable[[Any, int], None]]]:
        """What it has to see, by event."""
        yield LostForGood, self._on_lost
        yield QuorumLostForGood, self._on_quorum_lost
        yield Restarted, self._on_life
        yield Woke, self._on_life
        for sign in (Connected, SendRequested, Shown, Stored):
            yield sign, self._on_sign
        yield Persisted, self._on_commit
        yield FillerPersisted, self._on_commit

    def _on_lost(self, event: LostForGood, index: int) -> None:
        self._lost.setdefault(event.node, index)

    def _on_life(self, event: Restarted | Woke, _: int) -> None:
        self._lost.pop(event.node, None)

    def _on_sign(self, event: Connected | SendRequested | Shown | Stored, _: int) -> None:
        if self._lost:
            self._lost.pop(event.device, None)

    def _on_quorum_lost(self, event: QuorumLostForGood, _: int) -> None:
        own = (c for c in event.conversations if self._committed_at.get(c) in (None, *event.replicas))
        self._quorums[event.partition] = _Quorum(event.replicas, dict.fromkeys(own))

    def _on_commit(self, event: Persisted | FillerPersisted, _: int) -> None:
        self._committed_at[event.conversation] = event.node
        for quorum in self._quorums.values():
            quorum.conversations.pop(event.conversation, None)

    @property
    def needed(self) -> bool:
        """Whether there is any claim at all; without one, every debt is due."""
        return bool(self._lost)

    def excuse(self, debt: Debt) -> str:
        """Why a debt is not due: 'device', 'quorum', or '' if it is due."""
        if debt.device and debt.device in self._lost:
            return "device"
        for quorum in self._quorums.values():
            own = debt.conversation in quorum.conversations or debt.replica in quorum.replicas
            if own and self._holds(quorum):
                return "quorum"
        return ""

    def _holds(self, quorum: _Quorum) -> bool:
        if not quorum.replicas:
            return False
        living = sum(1 for replica in quorum.replicas if replica not in self._lost)
        return living < len(quorum.replicas) // 2 + 1
