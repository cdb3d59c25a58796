"""Who did not ack a second time is taken for one that has it, and gets no notification."""

from model.protocol import variant
from model.servers.worker import DeliveryWorker


class BySecondRound(DeliveryWorker):
    def boot(self):
        super().boot()
        self._tried = {}

    def push(self, delivery, number, attempt, offline):
        if attempt > 1:
            self._tried.update(dict.fromkeys((delivery.message.message, device) for device in delivery.left))
        return super().push(delivery, number, attempt, offline)

    def notifies(self, message, device):
        return (message.message, device) not in self._tried and super().notifies(message, device)


PROTOCOL = variant("settles-by-the-second-round", worker=BySecondRound)
CAUGHT_BY = "closed-when-done"
SCENARIO = "ci"
