"""Under load the queue serves whoever came last."""

from model.servers.queue import DeliveryQueue
from model.protocol import variant


class NewestFirst(DeliveryQueue):
    def next_in_line(self, waiting):
        return waiting - 1


PROTOCOL = variant("newest-served-first", queue=NewestFirst)
CAUGHT_BY = "line-is-served"
SCENARIO = "overload"
