"""Nobody writes the inbox rows of a small group."""

from model.protocol import variant
from model.servers.worker import DeliveryWorker


class NoInbox(DeliveryWorker):
    def writes_inbox_now(self, message):
        return False


PROTOCOL = variant("inbox-forgotten", worker=NoInbox)
CAUGHT_BY = "inbox-is-complete"
SCENARIO = "matrix_large"
