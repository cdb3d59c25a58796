"""Recoverability: which promises are due after healing, when something was lost that no healing brings back.

A debt may stay open only with a certificate, and there are two of them. Nothing else excuses anything: not that the device
was away for long, nor that a message was sent in the middle of everything.

- *Its device never came back.* A LostForGood of the device, and no sign of life of it since. It excuses what that device owes
  itself, and nobody else: its messages that were accepted are due everywhere else. What any device of a user would bring
  about is excused if all of them are lost.
- *Its quorum is gone for good.* A QuorumLostForGood that names a partition's replicas, its conversations, and the devices
  whose profiles it holds; and a LostForGood, with no life since, of so many of those replicas that the rest is no majority.
  It excuses what is owed in a conversation of that partition, and what has to be written for such a device, unless that
  was written at another partition before; or what was written at one of its replicas before and has to be written again.

A certificate is not taken on trust. What would not be so if it were true makes it void, and all it excused is due again:

    1. the device is said to be lost, and starts again later, or connects, stores, shows or sends something: it is there, and
       owes what it owes
    2. two of three replicas are said to be lost, and one comes back: most are there, and everything is due
    3. a quorum is said to be lost, and in one of its conversations something is committed that was sent after that, or
       anything at all after its leader gave up. (What was under way when the replicas died may be committed all the same:
       their answers were on the wire.)
    4. a conversation is said to be of a partition, and its last commit was at a node that is no replica of that partition

That a message's retention has expired is no third one. What policy removes is said by RowsRemoved, and is owed no longer by who
has not got it: no debt comes of it, so that there is nothing to excuse. Without that event a system that deletes what is old
is taken to keep it, and what its devices lack is reported as owed. `worker.time_to_live` ends pushing with a failure row
and an alert, and no more: a device that syncs shows the message all the same.

It is coarse in one way: an excused device or conversation is excused for all it owes, also for what went wrong before the
loss and had nothing to do with it. The safety properties hold there as everywhere.

Requirements: V2, G1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from model.events import (
    Connected,
    FillerPersisted,
    LeadershipLost,
    Persisted,
    SendAttempted,
    SendRequested,
    Shown,
    Stored,
    Woke,
)
from properties.base import Debt
from sim.history import Event, LostForGood, QuorumLostForGood, Restarted


@dataclass
class _Quorum:
    """A claim that a partition's quorum is lost, and the conversations for which nothing has refuted it."""

    replicas: tuple[str, ...]
    devices: tuple[str, ...]
    conversations: dict[str, None] = field(default_factory=dict)
    sent_since: dict[str, None] = field(default_factory=dict)
    """The messages that were sent for the first time after the claim: no answer to them was on the wire."""
    given_up: bool = False
    """Whether a leader of the partition has given up since."""


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
        yield SendAttempted, self._on_attempt
        yield LeadershipLost, self._on_leadership_lost
        yield Persisted, self._on_persisted
        yield FillerPersisted, self._on_filler

    def _on_lost(self, event: LostForGood, index: int) -> None:
        self._lost.setdefault(event.node, index)

    def _on_life(self, event: Restarted | Woke, _: int) -> None:
        self._lost.pop(event.node, None)

    def _on_sign(self, event: Connected | SendRequested | Shown | Stored, _: int) -> None:
        if self._lost:
            self._lost.pop(event.device, None)

    def _on_attempt(self, event: SendAttempted, _: int) -> None:
        if event.attempt == 1:
            for quorum in self._quorums.values():
                quorum.sent_since[event.message] = None

    def _on_quorum_lost(self, event: QuorumLostForGood, _: int) -> None:
        own = (c for c in event.conversations if self._committed_at.get(c) in (None, *event.replicas))
        self._quorums[event.partition] = _Quorum(event.replicas, event.devices, dict.fromkeys(own))

    def _on_leadership_lost(self, event: LeadershipLost, _: int) -> None:
        if event.partition in self._quorums:
            self._quorums[event.partition].given_up = True

    def _on_persisted(self, event: Persisted, _: int) -> None:
        self._committed(event.conversation, event.node, event.message)

    def _on_filler(self, event: FillerPersisted, _: int) -> None:
        self._committed(event.conversation, event.node, "")

    def _committed(self, conversation: str, node: str, message: str) -> None:
        self._committed_at[conversation] = node
        for quorum in self._quorums.values():
            if quorum.given_up or message in quorum.sent_since:
                quorum.conversations.pop(conversation, None)

    @property
    def needed(self) -> bool:
        """Whether there is any claim at all; without one, every debt is due."""
        return bool(self._lost)

    def excuse(self, debt: Debt) -> str:
        """Why a debt is not due: 'device', 'quorum', or '' if it is due."""
        if debt.device and debt.device in self._lost:
            return "device"
        if debt.bearers and all(device in self._lost for device in debt.bearers):
            return "device"
        for quorum in self._quorums.values():
            if self._is_of(debt, quorum) and self._holds(quorum):
                return "quorum"
        return ""

    def _is_of(self, debt: Debt, quorum: _Quorum) -> bool:
        if debt.conversation in quorum.conversations:
            return True
        return debt.replica in quorum.replicas if debt.replica else debt.profile in quorum.devices

    def _holds(self, quorum: _Quorum) -> bool:
        if not quorum.replicas:
            return False
        living = sum(1 for replica in quorum.replicas if replica not in self._lost)
        return living < len(quorum.replicas) // 2 + 1
