"""Whatever is read, on whatever device, empties the badge."""

from model.device.device import Device
from model.protocol import variant


class Emptied(Device):
    def unread_after_reading(self, local):
        return 0


PROTOCOL = variant("badge-empty-on-reading", device=Emptied)
CAUGHT_BY = "badges-follow-the-screen"
SCENARIO = "ci"
