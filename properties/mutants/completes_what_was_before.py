"""What is completed is a position in the queue's log: a later task that is done closes the ones before it."""

from model.protocol import variant
from model.servers.queue import DeliveryQueue


class CompletesWhatWasBefore(DeliveryQueue):
    def completed_by(self, offset):
        return [other for other in self.tasks if other <= offset]


PROTOCOL = variant("completes-what-was-before", queue=CompletesWhatWasBefore)
CAUGHT_BY = "closed-when-done"
SCENARIO = "ci"
