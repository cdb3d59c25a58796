"""The badge counts a conversation that the user has left (field bug 34)."""

from dataclasses import replace

from model.device.device import Device
from model.protocol import variant


class CountsLeft(Device):
    def unread_after_reading(self, local):
        return super().unread_after_reading(replace(local, left=False, since=0))


PROTOCOL = variant("badge-of-left", device=CountsLeft)
CAUGHT_BY = "badges-are-right"
SCENARIO = "churn"
