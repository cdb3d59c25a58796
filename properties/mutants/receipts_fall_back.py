"""The last digest that arrives says what was delivered and read, be it an older one."""

from model.device.device import Device
from model.protocol import variant


class LastTold(Device):
    def merge_receipts(self, shown, told):
        return told


PROTOCOL = variant("receipts-fall-back", device=LastTold)
CAUGHT_BY = "receipts-only-move-forward"
SCENARIO = "ci"
