"""The first digest of a connection is like any other: by the inbox, and from a replica that may be a moment behind."""

from model.protocol import variant
from model.servers.gateway import Gateway


class TakesWhatThereIs(Gateway):
    def asks_afresh(self, session):
        return False


PROTOCOL = variant("first-digest-of-a-while-ago", gateway=TakesWhatThereIs)
CAUGHT_BY = "repaired-in-time"
SCENARIO = "sharded"
