"""A sequencer shard trusts its lease for ever, and the store lets any epoch write."""

from model.protocol import variant
from model.sequencer import LeasedShard
from model.shard import SequencerShard
from model.store import MessageStore


class NoFence(MessageStore):
    def fences(self, epoch, newest):
        return False


class Stubborn(SequencerShard):
    def believes_in_lease(self, ownership):
        return True


PROTOCOL = variant("no-fence", store=NoFence, shard=Stubborn, sequencer=LeasedShard)
CAUGHT_BY = "epochs-never-go-back"
SCENARIO = "sharded"
