"""Any replica answers any read, however far it is behind."""

from model.protocol import variant
from model.store.store import MessageStore


class StaleEverything(MessageStore):
    def allows_stale(self, read):
        return True


PROTOCOL = variant("stale-everything", store=StaleEverything)
CAUGHT_BY = "head-reads-are-fresh"
SCENARIO = "replicated"
