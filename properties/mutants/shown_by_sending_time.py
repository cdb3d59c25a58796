"""A sync page is shown in the order of the senders' clocks."""

from model.device.device import Device
from model.protocol import variant


class ByTheSendersClocks(Device):
    def display_order(self, rows):
        return sorted(rows, key=lambda row: row.sent_at)


PROTOCOL = variant("shown-by-sending-time", device=ByTheSendersClocks)
CAUGHT_BY = "one-order-on-all-screens"
SCENARIO = "ci"
