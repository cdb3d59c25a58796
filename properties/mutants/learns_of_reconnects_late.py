"""The session registry takes who reconnects for known: where the device is now, it learns by a later heartbeat."""

from model.protocol import variant
from model.servers.registry import SessionRegistry


class KeepsTheFirst(SessionRegistry):
    def replaces(self, known, new):
        return known is None or known.gateway == new.gateway

    def on_unregister(self, gone, source):
        pass


PROTOCOL = variant("learns-of-reconnects-late", registry=KeepsTheFirst)
CAUGHT_BY = "live-in-time"
SCENARIO = "ci"
