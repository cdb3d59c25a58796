"""A task goes to whoever is a member when it is worked on."""

from model.protocol import variant
from model.store.store import MessageStore


class MembersNow(MessageStore):
    def entitled(self, table, seq):
        return list(table.members)


PROTOCOL = variant("members-now", store=MembersNow)
CAUGHT_BY = "closed-when-done"
SCENARIO = "churn"
