"""Sequencers (C4): who decides the next `seq` of a conversation.

Promise kept here: one total order per conversation (G2). A sequencer is a part of a messaging service instance; it
chooses a place before the commit, and learns what became of it. Three kinds fit this interface: the counter in the
store, a leased shard with a fencing epoch, and optimistic conditional append.

Requirements: C4, G2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from model.decisions import decision
from model.wire import Send
from sim.node import Steps

if TYPE_CHECKING:
    from model.service import MessagingService


class Place(NamedTuple):
    """Where a message is to go: `seq` (0: the store takes the next one in the commit), under fencing epoch `epoch`."""

    seq: int
    epoch: int


class Sequencer:
    """The interface of all sequencers. One instance belongs to one life of one messaging service instance."""

    kind: ClassVar[str] = "sequencer"

    def __init__(self, service: MessagingService) -> None:
        self.service = service

    def place(self, send: Send) -> Steps:
        """A handler's sub-steps: chooses and returns the `Place` of a new message."""
        raise NotImplementedError

    def lost(self, send: Send, place: Place, head: int) -> None:
        """The place was taken by another; the conversation's highest seq is `head`. `place` is asked again."""


class StoreCounter(Sequencer):
    """The per-conversation counter in the store: the number is taken in the very transaction that writes the row."""

    @decision
    def place(self, send: Send) -> Steps:
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
