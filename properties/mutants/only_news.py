"""A digest is looked at only where it has new messages: marks that change later never come (field bug 7)."""

from model.device.device import Device
from model.protocol import variant


class OnlyNews(Device):
    def hears_of(self, local, head):
        return head.head > local.cursor


PROTOCOL = variant("only-news", device=OnlyNews)
CAUGHT_BY = "read-marks-converge"
SCENARIO = "ci"
