"""The store removes rows when half of the time is over for which it says that it keeps them."""

from model.protocol import variant
from model.store.store import MessageStore


class RemovesTooEarly(MessageStore):
    def is_too_old(self, stored_at, now):
        return now - stored_at > self.keeps_for // 2


PROTOCOL = variant("removes-too-early", store=RemovesTooEarly)
CAUGHT_BY = "removed-is-old"
SCENARIO = "retention"
