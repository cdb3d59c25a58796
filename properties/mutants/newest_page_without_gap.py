"""A device shows the newest page right above what it had, as if nothing were missing in between."""

from model.device.device import Device
from model.protocol import variant


class NoGap(Device):
    def holds_below(self, local, first):
        return first - 1


PROTOCOL = variant("newest-page-without-gap", device=NoGap)
CAUGHT_BY = "gaps-are-known"
SCENARIO = "history"
