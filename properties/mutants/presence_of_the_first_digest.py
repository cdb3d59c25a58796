"""Who is online is taken from the first digest of an app's life only."""

from model.device.device import Device
from model.protocol import variant


class FirstDigest(Device):
    def takes_presence(self, shown, told):
        return shown if self.seen_online else told


PROTOCOL = variant("presence-of-the-first-digest", device=FirstDigest)
CAUGHT_BY = "presence-converges"
SCENARIO = "ci"
