"""The first row of a page writes its own cursor, too, and later than the page does."""

from model.device.device import Device, Transaction
from model.protocol import variant


class LateCursorWrite(Device):
    def local_writes(self, rows, cursor):
        return [Transaction(rows, cursor), *(Transaction([], row.seq) for row in rows[:1])]


PROTOCOL = variant("late-cursor-write", device=LateCursorWrite)
CAUGHT_BY = "device-cursor-is-monotone"
SCENARIO = "ci"
