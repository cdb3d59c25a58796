"""Sequencers (C4): who decides the next `seq` of a conversation.

Promise kept here: one total order per conversation (G2). A sequencer is a part of a messaging service instance; it
chooses a place before the commit, and learns what became of it. There are three kinds: the counter in the store
(`StoreCounter`), a leased shard with a fencing epoch (`LeasedShard`, with the nodes of `model/servers/shard.py`), and optimistic
conditional append (`Optimistic`).

Requirements: C4, G2.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, ClassVar, NamedTuple

from simpy.events import Event as SimEvent

from model.component import Component
from model.decisions import action, setting
from model.wire.service import Send
from model.wire.store import Allocate, Allocated, HeadIs, PlaceUsed, ReadHead
from sim.draws import key
from sim.node import Steps
from sim.state import Marks

_BACKOFF = key("sequencer backoff")


class Place(NamedTuple):
    """Where a message is to go: `seq` (0: the store takes the next one in the commit), under fencing epoch `epoch`."""

    seq: int
    epoch: int


Placing = Generator[SimEvent, Any, Place | None]
"""A handler's sub-steps that end with a place, or None if none is to be had now."""


class Sequencer:
    """The interface of all sequencers. One instance belongs to one life of one messaging service instance, its `service`."""

    kind: ClassVar[str] = "sequencer"
    needs_shards: ClassVar[bool] = False
    marks = Marks(local_aside="self")
    """Whether the deployment must have sequencer shards."""

    def __init__(self, service: Component) -> None:
        self.service = service

    def place(self, send: Send) -> Placing:
        """A handler's sub-steps: chooses and returns the `Place` of a new message, or None if none is to be had now."""
        raise NotImplementedError

    def used(self, send: Send, place: Place) -> None:
        """The message has its row at that place."""

    def lost(self, send: Send, place: Place, why: str, head: int) -> Steps:
        """A handler's sub-steps: the store refused the place (`why`: conflict, early, fenced), its highest seq is `head`.

        Returns the place to try next: None asks `place` again.
        """
        return None
        yield


class StoreCounter(Sequencer):
    """The per-conversation counter in the store: the number is taken in the very transaction that writes the row."""

    @action
    def place(self, send: Send) -> Placing:
        """Leaves the choice to the store's transaction (G2): no number is ever taken and not used.

        Any counter outside that transaction can lose a number in a crash between taking and writing it, and then
        every device waits for a seq that never comes.

        Variant::

            def place(self, send):
                return Place(1, 0)
                yield
        """
        return Place(0, 0)
        yield


class Optimistic(Sequencer):
    """Reads the head, appends on the condition that it is still the head, and tries again if it is not.

    No counter is kept anywhere, so that none can be lost or wrong; a hot conversation pays with retries.
    """

    timeout = setting(1_000_000, unit="µs", why="After this a read of the head is given up.")
    backoff = setting(
        20_000, unit="µs", why="Upper bound of the pause after a conflict, so that two instances get apart."
    )

    @action
    def place(self, send: Send) -> Placing:
        """Chooses the place after the head that the store has now."""
        service = self.service
        store = service.directory.store_for(send.conversation)
        answer = yield service.call_store(store, ReadHead(send.conversation), self.timeout)
        return Place(answer.head + 1, 0) if isinstance(answer, HeadIs) else None

    def lost(self, send: Send, place: Place, why: str, head: int) -> Steps:
        """Waits a little and takes the place after the head that the refusal named."""
        draw = self.service.draws.u64(_BACKOFF, key(send.message), place.seq)
        yield self.service.sleep(draw * self.backoff >> 64)
        return Place(head + 1, 0)


class LeasedShard(Sequencer):
    """Asks the shard that owns the conversation for a place, under its fencing epoch.

    The place is used once or never; what was given out and not used, the shard fills.
    """

    needs_shards: ClassVar[bool] = True

    timeout = setting(1_000_000, unit="µs", why="After this a shard's answer is given up, and another shard is asked.")
    early_wait = setting(
        50_000, unit="µs", why="First wait before a place whose predecessors are empty is tried again; it doubles."
    )
    early_limit = setting(
        1_000_000, unit="µs", why="The longest of these waits: a place that stays empty is filled within seconds."
    )
    early_tries = setting(9, unit="tries", why="So often a place is tried, for 5 s, before a new one is asked for.")

    def __init__(self, service: Component) -> None:
        super().__init__(service)
        self._owner: dict[str, int] = {}
        self._tries: dict[tuple[str, int], int] = {}

    @action
    def place(self, send: Send) -> Placing:
        """Asks the shard that answered last, then the others in turn."""
        service = self.service
        shards = service.directory.shards
        partition = service.directory.store_for(send.conversation)
        for _ in shards:
            turn = self._owner.get(partition, 0)
            request = Allocate(send.conversation, send.message, send.attempt)
            answer = yield service.call(shards[turn % len(shards)], request, self.timeout)
            if isinstance(answer, Allocated) and answer.seq:
                return Place(answer.seq, answer.epoch)
            self._owner[partition] = turn + 1
        return None

    def used(self, send: Send, place: Place) -> None:
        """Tells the shard, so that it need not fill the place."""
        shards = self.service.directory.shards
        turn = self._owner.get(self.service.directory.store_for(send.conversation), 0)
        self._tries.pop((send.conversation, place.seq), None)
        self.service.cast(shards[turn % len(shards)], PlaceUsed(send.conversation, place.seq))

    def lost(self, send: Send, place: Place, why: str, head: int) -> Steps:
        """An early place waits for its predecessors, or for their being filled; any other is given up for a new one."""
        if why != "early":
            return None
        tried = (send.conversation, place.seq)
        self._tries[tried] = tries = self._tries.get(tried, 0) + 1
        if tries >= self.early_tries:
            del self._tries[tried]
            return None
        yield self.service.sleep(min(self.early_limit, self.early_wait << (tries - 1)))
        return place
