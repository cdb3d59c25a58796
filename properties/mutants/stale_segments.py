"""The cache answers from the segment that it has, however old."""

from model.protocol import variant
from model.servers.segment_cache import SegmentCache


class StaleSegments(SegmentCache):
    def serves(self, segment, read):
        return True


PROTOCOL = variant("stale-segments", cache=StaleSegments)
CAUGHT_BY = "every-device-shows-everything"
SCENARIO = "matrix_large"
STORY = "crowd"
