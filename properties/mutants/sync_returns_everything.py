"""A sync returns the whole history, whatever the user's membership was."""

from model.protocol import variant
from model.store.store import MessageStore


class WholeHistory(MessageStore):
    def readable(self, member, after, head):
        return after + 1, head


PROTOCOL = variant("sync-returns-everything", store=WholeHistory)
CAUGHT_BY = "shown-to-members"
SCENARIO = "churn"
