"""An app takes each digest for a change: who was shown as online is shown as offline with the next one, and back with another (field bug 49)."""

from model.device.device import Device
from model.protocol import variant


class TogglesPresence(Device):
    def takes_presence(self, shown, told):
        return told and not shown


PROTOCOL = variant("toggles-presence", device=TogglesPresence)
CAUGHT_BY = "presence-is-shown-in-time"
SCENARIO = "w1"
