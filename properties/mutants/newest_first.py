"""A sync page is shown from its newest message to its oldest."""

from model.device import Device
from model.protocol import variant


class NewestFirst(Device):
    def display_order(self, rows):
        return rows[::-1]


PROTOCOL = variant("newest-first", device=NewestFirst)
CAUGHT_BY = "real-time-order-is-shown"
SCENARIO = "ci"
