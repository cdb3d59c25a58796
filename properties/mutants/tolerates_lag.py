"""A device that is behind by one message waits until it pays to sync."""

from model.device.device import Device
from model.protocol import variant


class ToleratesLag(Device):
    def needs_sync(self, local, head):
        return head > local.cursor + 1


PROTOCOL = variant("tolerates-lag", device=ToleratesLag)
CAUGHT_BY = "device-cursors-reach-the-head"
SCENARIO = "ci"
