"""Every try of a send goes out under a new message_id (field bug 15)."""

from model.device.device import Device
from model.protocol import variant


class NewIdOnRetry(Device):
    def message_id(self, entry, attempt):
        return f"{entry.send}.{attempt}"


PROTOCOL = variant("new-id-on-retry", device=NewIdOnRetry)
CAUGHT_BY = "one-row-per-send"
CLIENTS_SEE = "one-message-per-send"
SCENARIO = "ci"
