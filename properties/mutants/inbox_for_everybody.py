"""The inbox is written whatever the size of the group."""

from model.protocol import variant
from model.servers.worker import DeliveryWorker


class AlwaysInbox(DeliveryWorker):
    def writes_inbox_now(self, message):
        return True


PROTOCOL = variant("inbox-for-everybody", worker=AlwaysInbox)
CAUGHT_BY = "no-rows-for-large-groups"
SCENARIO = "matrix_large"
