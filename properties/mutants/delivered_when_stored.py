"""A message counts as delivered as soon as the store has it."""

from model.protocol import variant
from model.store.store import MessageStore


class DeliveredAtOnce(MessageStore):
    def receipts(self, table, user):
        return (table.head, table.head, 0)


PROTOCOL = variant("delivered-when-stored", store=DeliveredAtOnce)
CAUGHT_BY = "receipts-are-true"
SCENARIO = "ci"
