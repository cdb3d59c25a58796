"""A user looks at a conversation, and nothing of it counts as read."""

from model.device.device import Device
from model.protocol import variant


class NeverReads(Device):
    def reads_up_to(self, local):
        return 0


PROTOCOL = variant("never-marks-read", device=NeverReads)
CAUGHT_BY = "views-are-followed"
SCENARIO = "ci"
