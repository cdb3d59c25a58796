"""The counts of a large group say how many members there are, and not how many have the message."""

from model.protocol import variant
from model.store.store import MessageStore


class CountsMembers(MessageStore):
    def counts(self, table, seq, sender):
        return len(table.members) - 1, 0


PROTOCOL = variant("counts-who-is-there", store=CountsMembers)
CAUGHT_BY = "receipt-counts-are-right"
SCENARIO = "matrix_large"
