"""The third try of a send goes out under a new message_id: two answers in a row have to be missing."""

from model.device.device import Device
from model.protocol import variant


class ThirdTry(Device):
    def message_id(self, entry, attempt):
        return entry.send if attempt < 3 else f"{entry.send}.{attempt}"


PROTOCOL = variant("third-try-under-a-new-id", device=ThirdTry)
CAUGHT_BY = "one-row-per-send"
SCENARIO = "ci"
