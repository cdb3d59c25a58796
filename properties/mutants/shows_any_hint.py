"""The app shows whatever notification reaches the handset, and logs out without saying so."""

from model.device.device import Device
from model.protocol import variant


class ShowsAnyHint(Device):
    takes_hint = lambda self, notification: True
    logs_out_properly = lambda self: False


PROTOCOL = variant("shows-any-hint", device=ShowsAnyHint)
CAUGHT_BY = "hints-reach-their-user"
SCENARIO = "push"
