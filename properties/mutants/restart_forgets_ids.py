"""A replica of the store that restarts has forgotten the message ids (field bug 18)."""

from model.protocol import variant
from model.store.store import MessageStore


class ForgetsIds(MessageStore):
    def boot(self):
        super().boot()
        for table in self.conversations.values():
            table.dedupe.clear()


PROTOCOL = variant("restart-forgets-ids", store=ForgetsIds)
CAUGHT_BY = "one-row-per-message"
SCENARIO = "replicated"
