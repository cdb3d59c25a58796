"""A gateway asks for a token when a connection is opened, and never again."""

from model.servers.gateway import Gateway
from model.protocol import variant


class ForEver(Gateway):
    def outlives(self, session):
        return True


PROTOCOL = variant("session-for-ever", gateway=ForEver)
CAUGHT_BY = "sessions-end-with-their-token"
SCENARIO = "sessions"
