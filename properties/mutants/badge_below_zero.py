"""The badge has no bottom (field bug 33)."""

from model.device.device import Device
from model.protocol import variant


class Bottomless(Device):
    def unread_after_reading(self, local):
        return super().unread_after_reading(local) - 1


PROTOCOL = variant("badge-below-zero", device=Bottomless)
CAUGHT_BY = "badges-are-right"
CLIENTS_SEE = "badges-are-possible"
SCENARIO = "ci"
