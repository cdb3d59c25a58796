"""A queue that falls behind keeps it to itself."""

from model.servers.queue import DeliveryQueue
from model.protocol import variant


class Unnoticed(DeliveryQueue):
    def raises_alarm(self, lag):
        return False


PROTOCOL = variant("lag-unnoticed", queue=Unnoticed)
CAUGHT_BY = "lag-raises-an-alarm"
SCENARIO = "overload"
