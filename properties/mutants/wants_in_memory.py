"""What attachments an app still has to fetch is in its memory only."""

from model.device.device import Device
from model.protocol import variant


class WantsInMemory(Device):
    def boot(self):
        self.wanted.clear()
        super().boot()


PROTOCOL = variant("wants-in-memory", device=WantsInMemory)
CAUGHT_BY = "attachments-are-fetched"
SCENARIO = "ci"
