"""Who was heard of counts as online for an hour: whose only phone has died is shown as online all the while."""

from model.servers.presence import PresenceService
from model.protocol import variant


class ForAnHour(PresenceService):
    def until_after_beat(self, now):
        return now + 3_600_000_000


PROTOCOL = variant("online-for-an-hour", presence=ForAnHour)
CAUGHT_BY = "presence-converges"
SCENARIO = "gone"
