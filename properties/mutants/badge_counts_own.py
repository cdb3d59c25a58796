"""The badge counts the user's own messages."""

from model.device.device import Device
from model.protocol import variant


class CountsOwn(Device):
    def counts_as_unread(self, row):
        return True


PROTOCOL = variant("badge-counts-own", device=CountsOwn)
CAUGHT_BY = "badges-are-right"
SCENARIO = "ci"
