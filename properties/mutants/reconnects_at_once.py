"""A device that can't connect tries again at once, and again, for as long as nobody is there (field bug 37)."""

from model.device.device import Device
from model.protocol import variant


class AtOnce(Device):
    def reconnect_delay(self, failures, draw):
        return 0


PROTOCOL = variant("reconnects-at-once", device=AtOnce)
CAUGHT_BY = "reconnects-are-spaced"
SCENARIO = "armed"
