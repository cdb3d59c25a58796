"""A device takes the store's read mark, although its own is further."""

from model.device.device import Device
from model.protocol import variant


class FallsBack(Device):
    def merge_mark(self, mine, theirs):
        return theirs


PROTOCOL = variant("mark-falls-back", device=FallsBack)
CAUGHT_BY = "read-marks-only-move-forward"
CLIENTS_SEE = "read-marks-go-forward"
SCENARIO = "ci"
