"""A wiped device goes on from where the store has it."""

from model.device.device import Device
from model.protocol import variant


class WipedFromStoreCursor(Device):
    def first_cursor(self, head):
        return head.cursor


PROTOCOL = variant("wiped-from-store-cursor", device=WipedFromStoreCursor)
CAUGHT_BY = "device-cursor-is-sound"
SCENARIO = "ci"
