"""The device has all its unanswered messages of a conversation under way at once."""

from model.device.device import Device
from model.protocol import variant


class Pipelined(Device):
    def next_to_send(self, outbox):
        return outbox


PROTOCOL = variant("pipelined-outbox", device=Pipelined)
CAUGHT_BY = "senders-order-is-kept"
CLIENTS_SEE = "senders-order-is-shown"
SCENARIO = "ci"
