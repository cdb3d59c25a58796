"""The device says that its user has read what it has not shown yet."""

from model.device.device import Device
from model.protocol import variant


class ReadsAhead(Device):
    def reads_up_to(self, local):
        return local.shown + 1


PROTOCOL = variant("read-before-shown", device=ReadsAhead)
CAUGHT_BY = "read-was-shown"
CLIENTS_SEE = "read-marks-name-what-was-shown"
SCENARIO = "ci"
