"""A gateway checks who made a token and for whom, and not until when it is good: a stolen one is good for ever."""

from model.servers.gateway import Gateway
from model.protocol import variant


class TokensForEver(Gateway):
    def refuses(self, hello):
        why = super().refuses(hello)
        return "" if why == "expired" else why


PROTOCOL = variant("tokens-for-ever", gateway=TokensForEver)
CAUGHT_BY = "sessions-need-a-token"
SCENARIO = "stragglers"
