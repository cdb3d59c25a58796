"""A digest answers every heartbeat but the first of a connection: who was away gets the backlog 45 s later."""

from model.protocol import variant
from model.servers.gateway import Gateway


class DigestsLater(Gateway):
    def sends_digest(self, session):
        return self.now - session.connected_at > 40_000_000


PROTOCOL = variant("reconnects-without-a-digest", gateway=DigestsLater)
CAUGHT_BY = "repaired-in-time"
SCENARIO = "ci"
