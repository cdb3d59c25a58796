"""The subscription of a removed member survives (field bug 31)."""

from model.protocol import variant
from model.store.store import MessageStore


class FormerToo(MessageStore):
    def entitled(self, table, seq):
        return [*table.members, *table.former]


PROTOCOL = variant("removed-member-gets-more", store=FormerToo)
CAUGHT_BY = "shown-to-members"
CLIENTS_SEE = "nothing-new-after-leaving"
SCENARIO = "churn"
