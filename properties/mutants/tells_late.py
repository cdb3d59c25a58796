"""The notification service looks at what it is asked to tell a minute and a half later: everybody is told, and all of it late."""

from model.protocol import variant
from model.servers.notification import NotificationService


class TellsLate(NotificationService):
    def on_notify(self, notify, call):
        self.after(90_000_000, self._late, (notify, call))

    def _late(self, what):
        super().on_notify(*what)


PROTOCOL = variant("tells-late", notification=TellsLate)
CAUGHT_BY = "notified-in-time"
SCENARIO = "ci"
