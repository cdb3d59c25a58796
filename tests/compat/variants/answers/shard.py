"""Another answer to each decision of `shard`, and another value of each setting, as docs/decisions.md showed them at 7aa79c4."""

from model.protocol import variant
from model.sequencer import LeasedShard
from model.shard import SequencerShard


class OtherFirstPlace(SequencerShard):
    def first_place(self, head):
        return head + 2


class OtherBelievesInLease(SequencerShard):
    def believes_in_lease(self, ownership):
        return True


class OtherLetsGo(SequencerShard):
    def lets_go(self, answer):
        return False


class OtherFills(SequencerShard):
    def fills(self, age):
        return False


class OtherIsUsed(SequencerShard):
    def is_used(self, seq, refused):
        return refused.why == "conflict"


class OtherLease(SequencerShard):
    lease = 20_000_000


class OtherRenewEvery(SequencerShard):
    renew_every = 6_000_000


class OtherFillAfter(SequencerShard):
    fill_after = 4_000_000


class OtherTimeout(SequencerShard):
    timeout = 2_000_000


FIRST_PLACE = variant("other-first-place", shard=OtherFirstPlace, sequencer=LeasedShard)
BELIEVES_IN_LEASE = variant("other-believes-in-lease", shard=OtherBelievesInLease, sequencer=LeasedShard)
LETS_GO = variant("other-lets-go", shard=OtherLetsGo, sequencer=LeasedShard)
FILLS = variant("other-fills", shard=OtherFills, sequencer=LeasedShard)
IS_USED = variant("other-is-used", shard=OtherIsUsed, sequencer=LeasedShard)
LEASE = variant("other-lease", shard=OtherLease, sequencer=LeasedShard)
RENEW_EVERY = variant("other-renew-every", shard=OtherRenewEvery, sequencer=LeasedShard)
FILL_AFTER = variant("other-fill-after", shard=OtherFillAfter, sequencer=LeasedShard)
TIMEOUT = variant("other-timeout", shard=OtherTimeout, sequencer=LeasedShard)
