"""Rows that come together are shown as their handlers finish: the last one first (field bug 23)."""

from model.device.device import Device
from model.protocol import variant


class NewestFirst(Device):
    def display_order(self, rows):
        return rows[::-1]


PROTOCOL = variant("newest-shown-first", device=NewestFirst)
CAUGHT_BY = "shown-in-order"
SCENARIO = "ci"
