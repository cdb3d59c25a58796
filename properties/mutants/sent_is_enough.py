"""A device with a session that does not ack gets no notification: the push was sent (field bug 24)."""

from model.protocol import variant
from model.servers.worker import DeliveryWorker


class SentIsEnough(DeliveryWorker):
    def notifies(self, message, device):
        return False


PROTOCOL = variant("sent-is-enough", worker=SentIsEnough)
CAUGHT_BY = "closed-when-done"
SCENARIO = "ci"
