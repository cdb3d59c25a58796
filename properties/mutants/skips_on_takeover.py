"""A shard that takes over leaves a seq out, to be on the safe side (field bug 20)."""

from model.protocol import variant
from model.servers.sequencer import LeasedShard
from model.servers.shard import SequencerShard
from model.store.store import MessageStore


class SafeSide(SequencerShard):
    def first_place(self, head):
        return head + 2


class AnyPlace(MessageStore):
    def place(self, head, append):
        return append.seq if append.seq > head else 0


PROTOCOL = variant("skips-on-takeover", shard=SafeSide, store=AnyPlace, sequencer=LeasedShard)
CAUGHT_BY = "seq-has-no-hole"
SCENARIO = "sharded"
