"""An app leaves out what it doesn't know, and waits in front of the hole."""

from model.device.device import Device
from model.protocol import variant


class UnknownLeftOut(Device):
    def takes(self, message):
        return self.knows(message)


PROTOCOL = variant("unknown-left-out", device=UnknownLeftOut)
CAUGHT_BY = "unknown-types-stop-nobody"
SCENARIO = "ci"
