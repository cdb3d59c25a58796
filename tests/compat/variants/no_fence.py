"""A sequencer shard never lets go of what it owned once, and the store lets any epoch write (field bug 40)."""

from model.protocol import variant
from model.sequencer import LeasedShard
from model.shard import SequencerShard
from model.store import MessageStore


class NoFence(MessageStore):
    fences = lambda self, epoch, newest: False


class Stubborn(SequencerShard):
    believes_in_lease = lambda self, ownership: True
    lets_go = lambda self, answer: False


PROTOCOL = variant("no-fence", store=NoFence, shard=Stubborn, sequencer=LeasedShard)
CAUGHT_BY = "epochs-never-go-back"
SCENARIO = "leases"
