"""The badge counts what a blocked user writes, which is hidden (field bug 51)."""

from model.device.device import Device
from model.protocol import variant


class CountsThem(Device):
    def counts_as_unread(self, row):
        return row.sender != self.user and not row.kind


PROTOCOL = variant("badge-counts-the-blocked", device=CountsThem)
CAUGHT_BY = "badges-are-right"
SCENARIO = "ci"
