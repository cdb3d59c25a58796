"""A gateway checks no token at the upgrade: whoever names a device is let in as that device."""

from model.servers.gateway import Gateway
from model.protocol import variant


class AnyToken(Gateway):
    def refuses(self, hello):
        return ""


PROTOCOL = variant("any-token", gateway=AnyToken)
CAUGHT_BY = "sessions-need-a-token"
SCENARIO = "stragglers"
