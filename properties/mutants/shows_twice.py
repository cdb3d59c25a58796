"""What is delivered again is taken for new (field bugs 27 and 30)."""

from model.device.device import Device
from model.protocol import variant


class ShowsTwice(Device):
    def is_duplicate(self, local, message):
        return False


PROTOCOL = variant("shows-twice", device=ShowsTwice)
CAUGHT_BY = "shown-once"
SCENARIO = "ci"
