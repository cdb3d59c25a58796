"""Whom a device's user blocks, and what is seen of them (P23): nothing new.

A block is a person's, on all devices, and the store's to apply: what a blocked user writes from then on is hidden from this
one, by the row itself. So a device needs no list of its own. It keeps what was asked for until every partition has it.

Promise kept here: a block or its end, once asked for, comes to hold in every conversation. What may fail: the telling gets
lost, and is repeated with the heartbeats; another device of the user has asked for something else meanwhile.

    1. blocked on the phone, which loses its connection: it is told again with the next one
    2. blocked on the phone, and no longer on the laptop: the store has the phone's, and says so; the laptop counts on from it
    3. a partition is gone for good: what the others have is told all the same, or a wish that lost would never learn of it
    4. a wiped phone counts anew, and its first wish has the number of one that it had made before: it is not taken for that

Requirements: C1, P23.
"""

from __future__ import annotations

from typing import NamedTuple

from model.device.app import App
from model.events import BlockAsked
from model.wire.client import Block, BlockKept
from sim.network import Connection
from sim.state import Marks


class _Asked(NamedTuple):
    """What the user wants: whether somebody is blocked, by the device's `ask`-th wish, under a `number` that stores compare.

    `taken`: it is known that each partition that could be asked has it; at least one could not.
    """

    on: bool
    ask: int
    number: int
    taken: bool = False


class Blocks(App):
    """The user's wishes about others that are on their way to the store."""

    marks = Marks(durable="blocking asks newest_block")

    def install(self) -> None:
        super().install()
        self._no_wishes()

    def erase(self) -> None:
        super().erase()
        self._no_wishes()

    def _no_wishes(self) -> None:
        self.blocking: dict[str, _Asked] = {}
        """By user: what not every partition is known to have."""
        self.asks = 0
        self.newest_block = 0

    def block(self, user: str, *, on: bool) -> None:
        """The user blocks another one, or no longer."""
        self.asks += 1
        self.newest_block += 1
        self.blocking[user] = _Asked(on, self.asks, self.newest_block)
        self.emit(BlockAsked, self.name, user, on, self.asks)
        self._tell_block(user)

    def _tell_block(self, user: str) -> None:
        asked = self.blocking[user]
        self.transmit(Block(self.name, user, asked.on, asked.ask, asked.number, self.installation))

    def beaten(self) -> None:
        super().beaten()
        for user in self.blocking:
            self._tell_block(user)

    def on_block_kept(self, kept: BlockKept, connection: Connection) -> None:
        """Partitions have answered; where one has a newer wish, this one is counted on from it, and told again.

        A wish that some partition had taken in, and that none has now, is over: what is newer was asked for later.
        """
        self.last_heard = self.now
        self.newest_block = max(self.newest_block, kept.newest)
        asked = self.blocking.get(kept.blocked)
        if asked is None or asked.number != kept.number:
            return
        if kept.kept:
            if kept.everywhere:
                del self.blocking[kept.blocked]
            else:
                self.blocking[kept.blocked] = asked._replace(taken=True)
        elif asked.taken and kept.alike:
            del self.blocking[kept.blocked]
        else:
            self.newest_block += 1
            self.blocking[kept.blocked] = asked._replace(number=self.newest_block, taken=False)
