"""The store takes any place; a shard that restarts counts on from memory, one behind (field bugs 19 and 21)."""

from model.protocol import variant
from model.servers.sequencer import LeasedShard
from model.servers.shard import SequencerShard
from model.store.store import MessageStore


class TakesAnyPlace(MessageStore):
    def place(self, head, append):
        return append.seq


class OneBehind(SequencerShard):
    def first_place(self, head):
        return max(head, 1)


PROTOCOL = variant("count-in-memory", store=TakesAnyPlace, shard=OneBehind, sequencer=LeasedShard)
CAUGHT_BY = "seq-is-unique"
SCENARIO = "sharded"
