"""Sequencer shards (C4): nodes that own store partitions by lease, and count for them.

Promise kept here: a seq is given out once, and what was given out and not used is filled, so that no device waits for
ever (G2). What may fail: a shard dies and its counters with it (the next owner counts on from the store's highest seq); a
shard stands still past its lease and wakes up (its epoch is fenced by the store).

    1. shard 1 gives out 5, stands still; its lease ends; shard 2 owns the partition, counts on from 4, gives out 5 too
    2. the service with shard 1's 5 writes first or last: the store takes 5 of the newer epoch only
    3. shard 1 gives out 6, the service dies: 7 would wait for ever, were 6 not filled

Requirements: C4, G2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from model.component import Component
from model.content import Content
from model.decisions import Micros, Seq, decision, setting
from model.events import ShardOwned
from model.wire.store import (
    AcquireLease,
    Allocate,
    Allocated,
    Append,
    Appended,
    AppendRefused,
    HeadIs,
    LeaseIs,
    PlaceUsed,
    ReadHead,
)
from sim.network import Call
from sim.node import Steps, Unknown
from sim.state import Marks


@dataclass(slots=True)
class Ownership:
    """A partition under lease (volatile): its epoch, when the lease ends on this node's clock, and the counters."""

    epoch: int
    until: int
    counters: dict[str, int] = field(default_factory=dict)
    given: dict[str, dict[int, int]] = field(default_factory=dict)
    """Places given out and not known to be used: conversation → seq → when (µs)."""


class SequencerShard(Component):
    """One shard node. Everything it knows is volatile; the lease is the store's."""

    kind: ClassVar[str] = "shard"
    receives: ClassVar[dict[type, str]] = {Allocate: "on_allocate", PlaceUsed: "on_place_used"}
    points: ClassVar[tuple[str, ...]] = ("allocating", "allocated", "filling")
    marks = Marks(volatile="owned")

    lease = setting(10_000_000, unit="µs", why="How long a partition is owned without renewal.")
    renew_every = setting(3_000_000, unit="µs", why="How often leases are renewed, or asked for.")
    fill_after = setting(2_000_000, unit="µs", why="How old an unused place must be before it is filled.")
    timeout = setting(1_000_000, unit="µs", why="After this a store's answer is given up.")

    def boot(self) -> None:
        self.owned: dict[str, Ownership] = {}
        self.spawn(self.keep_leases())

    # --- decisions ---------------------------------------------------------------------------------------------------

    @decision
    def first_place(self, head: Seq) -> Seq:
        """The first seq that a new owner gives out, when the store's highest one is `head` (C4): the next.

        The counter is recovered from the rows, never from what a node remembers.

        Variant::

            def first_place(self, head):
                return head + 2
        """
        return head + 1

    @decision
    def believes_in_lease(self, ownership: Ownership) -> bool:
        """Whether the shard still takes itself for the owner (C4): until its lease ends on its own clock.

        A shard that stood still can be wrong for the moment between looking and answering: that is what the epoch is for.

        Variant::

            def believes_in_lease(self, ownership):
                return True
        """
        return self.now < ownership.until

    @decision
    def lets_go(self, answer: LeaseIs) -> bool:
        """Whether a shard gives a partition up that the store says is another's (C4): yes, whatever it had.

        Variant::

            def lets_go(self, answer):
                return False
        """
        return answer.owner != self.name

    @decision
    def fills(self, age: Micros) -> bool:
        """Whether a place that was given out `age` µs ago and isn't known to be used is filled (C4, G2).

        If it is used after all, the store says so and nothing is written: a place has one row.

        Variant::

            def fills(self, age):
                return False
        """
        return age >= self.fill_after

    @decision
    def is_used(self, seq: Seq, refused: AppendRefused) -> bool:
        """Whether a place whose filler was refused has a row already (C4, G2): if the store's highest seq is not below it.

        The reason alone does not say so: a filler that lost against another write is refused as a conflict, and its place
        may still be empty. One that is taken for used is filled by nobody, and every message waits before it for ever.

        Variant::

            def is_used(self, seq, refused):
                return refused.why == "conflict"
        """
        return refused.head >= seq

    # --- leases ------------------------------------------------------------------------------------------------------

    def keep_leases(self) -> Steps:
        """Renews what it owns, asks for what may be free, and fills places that nobody used; for ever."""
        while True:
            for store in self.directory.stores:
                asked = self.now
                answer = yield self.call_store(store, AcquireLease(self.name, self.lease), self.timeout)
                if isinstance(answer, LeaseIs):
                    self._learn(store, answer, asked)
                yield from self.fill(store)
            yield self.sleep(self.renew_every)

    def _learn(self, store: str, answer: LeaseIs, asked: int) -> None:
        if answer.owner != self.name:
            if self.lets_go(answer):
                self.owned.pop(store, None)
            return
        known = self.owned.get(store)
        if known is None or known.epoch != answer.epoch:
            self.owned[store] = known = Ownership(answer.epoch, 0)
            self.emit(ShardOwned, store, answer.epoch)
        known.until = asked + answer.left  # counted from the asking: rather too short than too long

    def fill(self, store: str) -> Steps:
        """Writes filler rows at places of a partition that were given out and not used."""
        ownership = self.owned.get(store)
        if ownership is None:
            return
        for conversation, given in list(ownership.given.items()):
            for seq in [seq for seq, at in sorted(given.items()) if self.fills(self.now - at)]:
                yield self.step("filling")
                name = f"filler:{conversation}:{seq}"
                content = Content(conversation=conversation, message=name, kind="filler")
                filler = Append(content=content, seq=seq, epoch=ownership.epoch)
                answer = yield self.call_store(store, filler, self.timeout)
                if isinstance(answer, AppendRefused) and answer.why == "fenced":
                    self.owned.pop(store, None)
                    return
                if isinstance(answer, Unknown) or (isinstance(answer, AppendRefused) and not self.is_used(seq, answer)):
                    break
                assert isinstance(answer, Appended | AppendRefused)
                given.pop(seq, None)

    # --- places ------------------------------------------------------------------------------------------------------

    def on_allocate(self, request: Allocate, call: Call) -> None:
        self.spawn(self.allocate(request, call))

    def allocate(self, request: Allocate, call: Call) -> Steps:
        """Gives out the next place, after recovering the counter if it isn't known."""
        yield self.step("allocating")
        conversation = request.conversation
        store = self.directory.store_for(conversation)
        ownership = self.owned.get(store)
        if ownership is None or not self.believes_in_lease(ownership):
            self.reply(call, Allocated(0, 0))
            return
        if conversation not in ownership.counters:
            answer = yield self.call_store(store, ReadHead(conversation), self.timeout)
            if not isinstance(answer, HeadIs):
                self.reply(call, Allocated(0, 0))
                return
            ownership.counters.setdefault(conversation, self.first_place(answer.head))
        seq = ownership.counters[conversation]
        ownership.counters[conversation] = seq + 1
        ownership.given.setdefault(conversation, {})[seq] = self.now
        yield self.step("allocated")
        self.reply(call, Allocated(seq, ownership.epoch))

    def on_place_used(self, used: PlaceUsed, source: None) -> None:
        ownership = self.owned.get(self.directory.store_for(used.conversation))
        if ownership is not None:
            ownership.given.get(used.conversation, {}).pop(used.seq, None)
