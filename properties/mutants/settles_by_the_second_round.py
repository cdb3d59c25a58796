"""Who did not ack a second time is taken for one that has it, and gets no notification."""

from model.protocol import variant
from model.servers.worker import DeliveryWorker


class BySecondRound(DeliveryWorker):
    def push(self, delivery, number, attempt, offline):
        yield from super().push(delivery, number, attempt, offline)
        silent = [device for device in delivery.left if device not in offline]
        for device in silent if attempt > 1 else []:
            self._settle(delivery, device)


PROTOCOL = variant("settles-by-the-second-round", worker=BySecondRound)
CAUGHT_BY = "closed-when-done"
SCENARIO = "ci"
