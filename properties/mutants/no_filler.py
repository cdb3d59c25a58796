"""A seq that was given out and never used stays a hole."""

from model.protocol import variant
from model.servers.sequencer import LeasedShard
from model.servers.shard import SequencerShard


class NoFiller(SequencerShard):
    def fills(self, age):
        return False


PROTOCOL = variant("no-filler", shard=NoFiller, sequencer=LeasedShard)
CAUGHT_BY = "every-send-is-answered"
SCENARIO = "leases"
