"""The cursor is stored in a transaction of its own, before the message (field bug 1)."""

from model.device.device import Device, Transaction
from model.protocol import variant


class CursorFirst(Device):
    def local_writes(self, rows, cursor):
        return [Transaction([], cursor), Transaction(rows, None)]


PROTOCOL = variant("cursor-first", device=CursorFirst)
CAUGHT_BY = "device-cursor-is-sound"
CLIENTS_SEE = "cursors-name-what-is-there"
SCENARIO = "ci"
