"""Each try of an upload goes under a ref of its own."""

from model.device.device import Device
from model.protocol import variant


class NewRefOnRetry(Device):
    def payload_ref(self, entry, attempt):
        return f"blob:{entry.send}.{attempt}"


PROTOCOL = variant("new-ref-on-retry", device=NewRefOnRetry)
CAUGHT_BY = "one-blob-per-attachment"
SCENARIO = "armed"
STORY = "payloads"
