"""Last seen is when the service noticed that a user has gone, a minute after it heard of them last."""

from model.servers.presence import PresenceService
from model.protocol import variant


class SeenWhenLapsed(PresenceService):
    def seen_last(self, heard, now):
        return now


PROTOCOL = variant("seen-when-lapsed", presence=SeenWhenLapsed)
CAUGHT_BY = "last-seen-is-the-last-activity"
SCENARIO = "ci"
