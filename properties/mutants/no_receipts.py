"""Nobody is ever told that a message was delivered, or read."""

from model.protocol import variant
from model.store.store import MessageStore


class NoReceipts(MessageStore):
    def receipts(self, table, user):
        return 0, 0, 0


PROTOCOL = variant("no-receipts", store=NoReceipts)
CAUGHT_BY = "receipts-are-shown"
SCENARIO = "ci"
