"""Of what one person wrote, a sync page brings the last message to the screen, and no other."""

from model.device.device import Device
from model.protocol import variant


class LastOfEach(Device):
    def display_order(self, rows):
        return list({row.sender: row for row in rows}.values())


PROTOCOL = variant("last-of-each-page", device=LastOfEach)
CAUGHT_BY = "what-came-before-is-shown"
SCENARIO = "ci"
