"""Reading moves the mark, and leaves the badge as it was."""

from model.device.device import Device
from model.protocol import variant


class Stays(Device):
    def unread_after_reading(self, local):
        return local.unread


PROTOCOL = variant("badge-stays", device=Stays)
CAUGHT_BY = "badges-go-with-reading"
CLIENTS_SEE = "badges-go-with-reading"
SCENARIO = "ci"
