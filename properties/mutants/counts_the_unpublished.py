"""The store counts what is not handed to the queue yet once more, as if it had no place: pages name a head that is none.

Needs a page that is read while the queue does not take what was committed.
"""

from model.protocol import variant
from model.store.store import MessageStore


class CountsTheUnpublished(MessageStore):
    def head_for(self, table, user):
        return super().head_for(table, user) + (len(table.outbox) if user in table.members else 0)


PROTOCOL = variant("counts-the-unpublished", store=CountsTheUnpublished)
CAUGHT_BY = "heads-are-true"
SCENARIO = "ci"
