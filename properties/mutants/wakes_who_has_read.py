"""Who is not connected is woken, though the message was read on another device while its task waited."""

from model.servers.worker import DeliveryWorker
from model.protocol import variant


class WakesWhoHasRead(DeliveryWorker):
    def wakes(self, message, recipient):
        return True


PROTOCOL = variant("wakes-who-has-read", worker=WakesWhoHasRead)
CAUGHT_BY = "only-who-should-is-handed-over"
SCENARIO = "push"
