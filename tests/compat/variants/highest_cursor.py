"""The delivered cursor jumps to the highest seq that arrived (field bug 3)."""

from model.device import Device
from model.protocol import variant


class HighestCursor(Device):
    def next_cursor(self, cursor, waiting):
        return max(cursor, *waiting)


PROTOCOL = variant("highest-cursor", device=HighestCursor)
CAUGHT_BY = "device-cursor-is-sound"
SCENARIO = "ci"
