"""A worker pushes and notifies whatever a blocked user writes to who has blocked them."""

from model.protocol import variant
from model.servers.worker import DeliveryWorker


class BlocksNobody(DeliveryWorker):
    def abandons(self, message, recipient):
        return "expired" if recipient.age > self.time_to_live else "stuck" if recipient.stuck else ""


PROTOCOL = variant("notifies-of-the-blocked", worker=BlocksNobody)
CAUGHT_BY = "blocked-is-not-shown"
SCENARIO = "ci"
