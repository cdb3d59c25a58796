"""Who left is still among the recipients of an inbox row."""

from model.protocol import variant
from model.store.store import MessageStore


class FormerRecipients(MessageStore):
    def entitled(self, table, seq):
        return [*table.members, *table.former]


PROTOCOL = variant("inbox-of-who-left", store=FormerRecipients)
CAUGHT_BY = "inbox-is-for-members"
SCENARIO = "matrix_large"
