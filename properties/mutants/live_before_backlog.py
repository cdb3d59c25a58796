"""A live message is on the screen while the messages before it still come (field bug 22)."""

from model.device.device import Device
from model.protocol import variant


class LiveFirst(Device):
    def shows_early(self, message):
        return True


PROTOCOL = variant("live-before-backlog", device=LiveFirst)
CAUGHT_BY = "shown-in-order"
SCENARIO = "ci"
