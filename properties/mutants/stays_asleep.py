"""An app shows its notifications, and goes on sleeping: whoever does not tap them has nothing on the device."""

from model.device.device import Device
from model.protocol import variant


class StaysAsleep(Device):
    def wake(self, by):
        if by != "notification":
            super().wake(by)


PROTOCOL = variant("stays-asleep", device=StaysAsleep)
CAUGHT_BY = "sleepers-are-notified"
SCENARIO = "ci"
