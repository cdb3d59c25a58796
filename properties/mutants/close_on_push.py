"""The worker closes its task when it has pushed, not when the device has acked (field bug 39)."""

from model.protocol import variant
from model.servers.worker import DeliveryWorker


class CloseOnPush(DeliveryWorker):
    def settles(self, result):
        return result in ("pushed", "acked")


PROTOCOL = variant("close-on-push", worker=CloseOnPush)
CAUGHT_BY = "closed-when-done"
SCENARIO = "ci"
