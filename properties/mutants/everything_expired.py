"""Every message is given up as too old, as soon as a worker has its task."""

from model.protocol import variant
from model.servers.worker import DeliveryWorker


class EverythingExpired(DeliveryWorker):
    def abandons(self, message, recipient):
        return "expired"


PROTOCOL = variant("everything-expired", worker=EverythingExpired)
CAUGHT_BY = "expired-is-old"
SCENARIO = "ci"
