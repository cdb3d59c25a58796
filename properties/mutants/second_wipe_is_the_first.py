"""The number of an installation is 1 or 2: after a second wipe, ids are those of the installation before."""

from model.device.device import Device
from model.protocol import variant


class SecondIsFirst(Device):
    def erase(self):
        super().erase()
        self.installation = 2


PROTOCOL = variant("second-wipe-is-the-first", device=SecondIsFirst)
CAUGHT_BY = "stored-cursors-reach-the-head"
SCENARIO = "ci"
