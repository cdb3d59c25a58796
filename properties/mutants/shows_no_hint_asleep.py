"""An app that does not run shows no notification: it can't ask its database whether the message was read."""

from model.device.device import Device
from model.protocol import variant


class ShowsNoHintAsleep(Device):
    def shows_hint(self, notification):
        return self.up and super().shows_hint(notification)


PROTOCOL = variant("shows-no-hint-asleep", device=ShowsNoHintAsleep)
CAUGHT_BY = "what-arrives-is-shown"
SCENARIO = "push"
