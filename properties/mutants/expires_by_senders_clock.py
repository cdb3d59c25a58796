"""A message's age is reckoned from the time that its sender's clock said."""

from model.protocol import variant
from model.servers.worker import DeliveryWorker


class BySendersClock(DeliveryWorker):
    def abandons(self, message, recipient):
        if self.now - message.sent_at > self.time_to_live:
            return "expired"
        return "stuck" if recipient.stuck else ""


PROTOCOL = variant("expires-by-senders-clock", worker=BySendersClock)
CAUGHT_BY = "expired-is-old"
SCENARIO = "given_up"
