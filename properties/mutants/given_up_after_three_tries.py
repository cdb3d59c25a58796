"""A send that went unanswered three times is not tried again while the connection lasts."""

from model.device.device import Device
from model.protocol import variant


class ThreeTries(Device):
    def resend_delay(self, attempt, draw):
        return 1 << 50 if attempt >= 3 else super().resend_delay(attempt, draw)


PROTOCOL = variant("given-up-after-three-tries", device=ThreeTries)
CAUGHT_BY = "every-send-is-answered"
SCENARIO = "ci"
