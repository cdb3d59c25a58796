"""Only a device's first connection learns what it missed: a reconnect goes on as if nothing was lost (field bug 13)."""

from model.servers.gateway import Gateway
from model.protocol import variant


class SilentReconnect(Gateway):
    def sends_digest(self, session):
        return session.epoch == 1


PROTOCOL = variant("silent-reconnect", gateway=SilentReconnect)
CAUGHT_BY = "every-device-shows-everything"
CLIENTS_SEE = "what-was-accepted-is-shown"
SCENARIO = "ci"
