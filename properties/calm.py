"""Since when nothing disturbs the nodes on a path, so that what takes seconds there is due within seconds.

A promise with a short bound can't be asked for while a fault is on, nor can it wait until all is healed: most runs have long
quiet spans between. What a fault did is in the history: a node that died or stood still, a message that was lost or late, and
by its name each node that a fault holds: one that is slow, one whose clock is wrong, a cache that forgot. Faults on links
need no more than their messages. A record from before faults named anybody has each of them count against all.

    1. the gateway of a phone stands still, and a message to another phone is asked for within a second: that is due
    2. a message is ten seconds late: what it tells arrives ten seconds later, and until then the path is not calm
    3. the presence service was restarted: since then it is calm, and what it knew before is gone
    4. somebody's clock was wrong: whoever it was is not calm, and others are

Requirements: V1, P14.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import Woke
from properties.base import Property, Violation, sees
from properties.ledger import Ledger
from sim.history import (
    Crashed,
    Ended,
    FaultEnded,
    FaultStarted,
    Healed,
    MessageDelayed,
    MessageDuplicated,
    MessageLost,
    Paused,
    Restarted,
    Resumed,
)

ONLY_ASK = frozenset(("burst", "hot_conversation", "flag_sender", "bad_token", "intruder"))
"""Faults that send, ask or refuse something more, and disturb nobody: whom they name goes on as ever."""

AT_ONCE = frozenset(("wipe_cache", "wipe_cache_at"))
"""Faults after which a cache knows nothing, and which are over as soon as they have struck: of a record from before faults
said so, too."""


class Calm:
    """What has been disturbed, and until when."""

    def __init__(self) -> None:
        self.down: dict[str, None] = {}
        """The nodes that are dead or stand still now."""
        self.still: dict[str, None] = {}
        """Those that stand still. A property that asks for it takes out whoever has been closed meanwhile."""
        self.went_on = -1
        """When a node that stood still went on, last (µs)."""
        self._steady: dict[str, int] = {}
        """By node: when it was started, or went on, last (µs)."""
        self._links: dict[tuple[str, str], int] = {}
        """By both ends: until when messages were lost or late (µs)."""
        self._around: dict[str, int] = {}
        """By node: the same, of all its links."""
        self._anywhere = -1
        self._held: dict[str, int] = {}
        """By node: how many faults that are on hold it."""
        self._on: dict[int, FaultStarted] = {}
        """Faults that are on and hold nodes, by number."""
        self._unplaced: dict[int, None] = {}
        """Faults that are on, and of which nobody knows whom they disturb, by number."""
        self._everybody = -1
        """When the last of those was over (µs)."""

    def stopped(self, node: str, t: int) -> None:
        """A node is dead, or stands still."""
        self.down[node] = None
        self._anywhere = max(self._anywhere, t)

    def runs(self, node: str, t: int) -> None:
        """A node runs again."""
        self.down.pop(node, None)
        self._steady[node] = t
        self._anywhere = max(self._anywhere, t)

    def missed(self, source: str, target: str, until: int) -> None:
        """A message is lost, or comes at `until` (µs) at the latest."""
        self._links[source, target] = max(until, self._links.get((source, target), -1))
        for node in (source, target):
            self._around[node] = max(until, self._around.get(node, -1))
        self._anywhere = max(self._anywhere, until)

    def twice(self, source: str, target: str, t: int) -> None:
        """A message arrives twice."""

    def began(self, fault: FaultStarted) -> None:
        """A fault is on, or was and is over already."""
        if fault.kind in ONLY_ASK:
            return
        if not fault.nodes and not fault.links:
            self._everybody = fault.t
            if fault.lasting and fault.kind not in AT_ONCE:
                self._unplaced[fault.fault] = None
            return
        if fault.lasting and fault.nodes:
            self._on[fault.fault] = fault
        for node in fault.nodes:
            self.touched(node, fault.t)
            if fault.lasting:
                self._held[node] = self._held.get(node, 0) + 1

    def touched(self, node: str, t: int) -> None:
        """Something was done to a node, or is over."""
        self._steady[node] = t
        self._anywhere = max(self._anywhere, t)

    def ended(self, fault: FaultEnded) -> None:
        """A fault is over."""
        if fault.fault in self._unplaced:
            del self._unplaced[fault.fault]
            self._everybody = fault.t
        self._let_go(fault.fault, fault.t)

    def _let_go(self, number: int, t: int) -> None:
        fault = self._on.pop(number, None)
        for node in fault.nodes if fault is not None else ():
            self._held[node] -= 1
            if not self._held[node]:
                del self._held[node]
            self.touched(node, t)

    def healed(self, t: int) -> None:
        """All faults are over."""
        if self._unplaced:
            self._unplaced.clear()
            self._everybody = t
        for number in list(self._on):
            self._let_go(number, t)

    def steady(self, *nodes: str) -> int | None:
        """Since when (µs) these nodes have run without a break, by right clocks; None: they don't, or may not."""
        if self._unplaced:
            return None
        since = self._everybody
        for node in nodes:
            if node in self.down or node in self._held:
                return None
            since = max(since, self._steady.get(node, -1))
        return since

    def since(self, *nodes: str) -> int | None:
        """Since when (µs) they have, and all that they told each other has come in time. It may be a time that is to come."""
        steady = self.steady(*nodes)
        if steady is None:
            return None
        missed = [node for node in nodes if node in self._around]
        return max((steady, *(self._links.get((a, b), -1) for a in missed for b in missed)))

    def around(self, *nodes: str) -> int:
        """Until when (µs) messages from or to these nodes, wherever, were lost or late; -1 if none was."""
        return max((-1, *(self._around.get(node, -1) for node in nodes)))

    def everywhere(self) -> int | None:
        """Since when (µs) nothing has been disturbed anywhere; None if something is."""
        return None if self._unplaced or self._held or self.down else max(self._everybody, self._anywhere)


class InCalm(Property):
    """Base of properties that ask for something within a bound, from when its path is calm.

    `settle` is called before anything is disturbed, and at the end: what is overdue by then was due in calm.
    """

    absence: ClassVar[bool] = True

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self.calm = Calm()

    def settle(self, t: int, index: int) -> None:
        """Judges what is overdue at `t` (µs), before anything else is known of that time."""

    @sees(Crashed, Paused)
    def on_stopped(self, event: Crashed | Paused, index: int) -> None:
        self.settle(event.t, index)
        self.calm.stopped(event.node, event.t)

    @sees(Paused)
    def on_still(self, event: Paused, index: int) -> None:
        self.calm.still[event.node] = None

    @sees(Resumed)
    def on_went_on(self, event: Resumed, index: int) -> None:
        self.calm.still.pop(event.node, None)
        self.calm.went_on = event.t

    @sees(Restarted, Resumed, Woke)
    def on_running(self, event: Restarted | Resumed | Woke, index: int) -> None:
        self.settle(event.t, index)
        self.calm.runs(event.node, event.t)

    @sees(MessageLost)
    def on_message_lost(self, event: MessageLost, index: int) -> None:
        self.settle(event.t, index)
        self.calm.missed(event.node, event.to, event.t)

    @sees(MessageDelayed)
    def on_message_delayed(self, event: MessageDelayed, index: int) -> None:
        self.settle(event.t, index)
        self.calm.missed(event.node, event.to, event.t + event.delay)

    @sees(MessageDuplicated)
    def on_message_duplicated(self, event: MessageDuplicated, index: int) -> None:
        """What arrives twice may be taken twice: a task that is leased to a question asked before waits for its lease."""
        self.settle(event.t, index)
        self.calm.twice(event.node, event.to, event.t)

    @sees(FaultStarted)
    def on_fault(self, event: FaultStarted, index: int) -> None:
        self.settle(event.t, index)
        self.calm.began(event)

    @sees(FaultEnded)
    def on_fault_over(self, event: FaultEnded, index: int) -> None:
        self.settle(event.t, index)
        self.calm.ended(event)

    @sees(Healed)
    def on_healed(self, event: Healed, index: int) -> None:
        self.settle(event.t, index)
        self.calm.healed(event.t)

    @sees(Ended)
    def on_ended(self, event: Ended, index: int) -> None:
        self.settle(event.t, index)
