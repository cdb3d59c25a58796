"""Whoever loses a connection is offline at once, and online again at the next one (field bug 35)."""

from model.servers.presence import PresenceService
from model.protocol import variant


class Flaps(PresenceService):
    def until_after_loss(self, until, now):
        return now


PROTOCOL = variant("presence-flaps", presence=Flaps)
CAUGHT_BY = "presence-does-not-flap"
SCENARIO = "nightly"
