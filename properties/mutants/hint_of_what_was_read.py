"""A notification that was held up is shown, whatever the user has read since."""

from model.device.device import Device
from model.protocol import variant


class AnyHint(Device):
    def shows_hint(self, notification):
        return True


PROTOCOL = variant("hint-of-what-was-read", device=AnyHint)
CAUGHT_BY = "no-hint-of-what-was-read"
SCENARIO = "push"
