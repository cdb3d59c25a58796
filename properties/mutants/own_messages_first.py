"""Of a sync page, what the device's own user sent is shown first."""

from model.device.device import Device
from model.protocol import variant


class OwnFirst(Device):
    def display_order(self, rows):
        return sorted(rows, key=lambda row: row.sender != self.user)


PROTOCOL = variant("own-messages-first", device=OwnFirst)
CAUGHT_BY = "questions-come-first"
SCENARIO = "ci"
