"""Who has left is told, by digests and with pages, how far the conversation has come: no word of it, but that it goes on."""

from model.protocol import variant
from model.store.store import MessageStore


class HeadForAll(MessageStore):
    def head_for(self, table, user):
        return table.head


PROTOCOL = variant("head-of-who-left", store=HeadForAll)
CAUGHT_BY = "heads-stay-inside"
SCENARIO = "churn"
