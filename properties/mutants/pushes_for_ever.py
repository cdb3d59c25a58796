"""A message is pushed however old it is."""

from model.protocol import variant
from model.servers.worker import DeliveryWorker


class PushesForEver(DeliveryWorker):
    def abandons(self, message, recipient):
        return "stuck" if recipient.stuck else ""


PROTOCOL = variant("pushes-for-ever", worker=PushesForEver)
CAUGHT_BY = "outlived-is-not-pushed"
SCENARIO = "given_up"
