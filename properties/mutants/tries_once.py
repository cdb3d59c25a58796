"""A send that was not answered is not tried again while the connection lasts."""

from model.device.device import Device
from model.protocol import variant


class TriesOnce(Device):
    def resend_delay(self, attempt, draw):
        return 1 << 50


PROTOCOL = variant("tries-once", device=TriesOnce)
CAUGHT_BY = "every-send-is-answered"
SCENARIO = "ci"
