"""A gateway that notices late that a connection is dead makes its user offline, who has long been back by another one."""

from model.servers.presence import PresenceService
from model.protocol import variant


class BelievesOldNews(PresenceService):
    def is_of_now(self, known, told):
        return True


PROTOCOL = variant("late-goodbye", presence=BelievesOldNews)
CAUGHT_BY = "connected-is-online"
SCENARIO = "ci"
