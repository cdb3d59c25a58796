"""An app shows what it doesn't know as if it knew it."""

from model.device.device import Device
from model.protocol import variant


class UnknownAsContent(Device):
    def renders(self, row):
        return "content"


PROTOCOL = variant("unknown-as-content", device=UnknownAsContent)
CAUGHT_BY = "unknown-types-are-placeholders"
SCENARIO = "ci"
