"""A sync page is shown sender by sender, each one's messages in order."""

from model.device.device import Device
from model.protocol import variant


class BySender(Device):
    def display_order(self, rows):
        return sorted(rows, key=lambda row: row.sender)


PROTOCOL = variant("by-sender", device=BySender)
CAUGHT_BY = "real-time-order-is-shown"
SCENARIO = "ci"
