"""A task is closed in the broker's memory only: its restart brings the task back."""

from model.protocol import variant
from model.servers.queue import DeliveryQueue


class ClosedInMemory(DeliveryQueue):
    def on_complete(self, complete, call):
        lease = self._leases.get(complete.token)
        super().on_complete(complete, call)
        if lease is not None:
            self.tasks[lease.task.offset] = lease.task


PROTOCOL = variant("closed-in-memory", queue=ClosedInMemory)
CAUGHT_BY = "open-when-leased"
SCENARIO = "ci"
