"""A user who was blocked once stays so: what is known about two users is never replaced."""

from model.protocol import variant
from model.store.store import MessageStore


class FirstWish(MessageStore):
    def replaces_block(self, known, told):
        return not known[0]


PROTOCOL = variant("blocked-for-ever", store=FirstWish)
CAUGHT_BY = "blocks-are-kept"
SCENARIO = "churn"
