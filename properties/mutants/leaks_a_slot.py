"""A worker loses a slot with each task that is tried again: in the end it takes none any more."""

from model.protocol import variant
from model.servers.worker import DeliveryWorker


class LeaksASlot(DeliveryWorker):
    def _on_lease(self, lease, queue):
        again = getattr(lease, "message", None) is not None and lease.attempt > 1
        super()._on_lease(lease, queue)
        if again:
            self._free -= 1


PROTOCOL = variant("leaks-a-slot", worker=LeaksASlot)
CAUGHT_BY = "backlog-is-served"
SCENARIO = "overload"
