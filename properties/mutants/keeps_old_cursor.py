"""The store keeps what an earlier installation held as the cursor of the new one (field bug 8)."""

from model.protocol import variant
from model.store.store import MessageStore


class KeepsOldCursor(MessageStore):
    def begins_anew(self, known, acking):
        return False


PROTOCOL = variant("keeps-old-cursor", store=KeepsOldCursor)
CAUGHT_BY = "stored-cursors-reach-the-head"
SCENARIO = "ci"
