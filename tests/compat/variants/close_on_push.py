from model.protocol import variant
from model.worker import DeliveryWorker


class CloseOnPush(DeliveryWorker):
    def settles(self, result):
        return result in ("pushed", "acked")


PROTOCOL = variant("close-on-push", worker=CloseOnPush)
