"""A new installation counts its messages from 1 again, and the server dedupes them away (field bug 14)."""

from model.device.device import Device
from model.protocol import variant


class CounterRestarts(Device):
    def message_id(self, entry, attempt):
        return f"{self.name}:{entry.number}"


PROTOCOL = variant("counter-restarts", device=CounterRestarts)
CAUGHT_BY = "accepted-send-has-its-row"
CLIENTS_SEE = "message-ids-are-not-reused"
SCENARIO = "ci"
