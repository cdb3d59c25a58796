"""The ack says the highest seq that has arrived, whatever is missing below it."""

from model.device.device import Device
from model.protocol import variant


class AcksHighest(Device):
    def ack_upto(self, local, seq):
        return max(local.cursor, *(r.heard for name, r in self.receptions.items() if self.database[name] is local))


PROTOCOL = variant("acks-what-it-heard-of", device=AcksHighest)
CAUGHT_BY = "ack-is-sound"
SCENARIO = "ci"
