"""The provider says when to try again, and the service tries again at once."""

from model.notification import NotificationService
from model.protocol import variant


class HammersOn(NotificationService):
    def throttled_wait(self, retry_after):
        return retry_after // 10


PROTOCOL = variant("hammers-on", notification=HammersOn)
CAUGHT_BY = "throttling-is-respected"
SCENARIO = "handsets"
