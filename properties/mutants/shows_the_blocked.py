"""A device shows what a blocked user writes, although the store says that it is hidden."""

from model.device.device import Device
from model.protocol import variant


class ShowsThem(Device):
    def is_hidden(self, row):
        return False


PROTOCOL = variant("shows-the-blocked", device=ShowsThem)
CAUGHT_BY = "blocked-is-not-shown"
SCENARIO = "ci"
