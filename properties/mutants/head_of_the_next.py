"""The store tells of the next place in a conversation as if it was taken."""

from model.protocol import variant
from model.store.store import MessageStore


class HeadOfTheNext(MessageStore):
    def head_for(self, table, user):
        return super().head_for(table, user) + (user in table.members)


PROTOCOL = variant("head-of-the-next", store=HeadOfTheNext)
CAUGHT_BY = "heads-are-true"
SCENARIO = "ci"
