"""The store's cursor of a device stays where it first was: all of it is sent again (field bug 25)."""

from model.protocol import variant
from model.store.store import MessageStore


class Freezes(MessageStore):
    def merge_cursor(self, stored, acked):
        return stored if stored > 0 else acked


PROTOCOL = variant("count-freezes", store=Freezes)
CAUGHT_BY = "stored-cursors-reach-the-head"
SCENARIO = "ci"
