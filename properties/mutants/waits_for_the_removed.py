"""A device whose page is empty, because all that it lacks was removed, waits for it for ever (field bug 52)."""

from model.device.device import Device
from model.protocol import variant


class WaitsForTheRemoved(Device):
    def pass_over(self, name, upto):
        pass


PROTOCOL = variant("waits-for-the-removed", device=WaitsForTheRemoved)
CAUGHT_BY = "device-cursors-reach-the-head"
SCENARIO = "retention"
