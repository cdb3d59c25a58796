"""'Is typing' stays until the app ends."""

from model.device.device import Device
from model.protocol import variant


class TypesForEver(Device):
    def shows_typing_for(self):
        return 1 << 50


PROTOCOL = variant("typing-for-ever", device=TypesForEver)
CAUGHT_BY = "typing-ends"
SCENARIO = "ci"
STORY = "crowd"
