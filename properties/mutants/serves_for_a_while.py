"""The cache answers from a segment for a while before it looks for a newer one, whatever its reader has heard of."""

from model.protocol import variant
from model.servers.segment_cache import SegmentCache

WHILE = 20_000_000


class ServesForAWhile(SegmentCache):
    def boot(self):
        super().boot()
        self.since = {}

    def serves(self, segment, read):
        since = self.since.setdefault((read.conversation, segment.head), self.now)
        young = self.now - since < WHILE and segment.rows and segment.rows[0].seq <= read.after + 1
        return bool(young) or super().serves(segment, read)


PROTOCOL = variant("serves-for-a-while", cache=ServesForAWhile)
CAUGHT_BY = "pages-are-no-older"
SCENARIO = "nightly"
