"""Nobody is told that somebody has gone: whoever watches finds out by the next digest."""

from model.servers.presence import PresenceService
from model.protocol import variant


class ToldByDigests(PresenceService):
    def told_live(self, user, watching):
        return ()


PROTOCOL = variant("told-by-digests", presence=ToldByDigests)
CAUGHT_BY = "offline-is-shown"
SCENARIO = "ci"
