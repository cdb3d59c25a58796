"""Nobody is blocked, whoever is flagged."""

from model.servers.service import MessagingService
from model.protocol import variant


class GoesThrough(MessagingService):
    def blocks(self, send):
        return ""


PROTOCOL = variant("spam-goes-through", service=GoesThrough)
CAUGHT_BY = "abuse-policy-is-kept"
SCENARIO = "limits"
