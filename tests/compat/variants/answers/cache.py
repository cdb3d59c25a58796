"""Another answer to each decision of `cache`, and another value of each setting, as docs/decisions.md showed them at 7aa79c4."""

from model.segments import SegmentCache


class OtherServes(SegmentCache):
    def serves(self, segment, read):
        return True


class OtherRows(SegmentCache):
    rows = 100


class OtherTimeout(SegmentCache):
    timeout = 1_000_000
