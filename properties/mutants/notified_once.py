"""After the first try to notify of a conversation the service gives every other hint for it up, as if it were too old."""

from model.protocol import variant
from model.servers.notification import NotificationService


class NotifiedOnce(NotificationService):
    def install(self):
        super().install()
        self._served = {}

    def _send(self, name):
        if name in self._served:
            self._end(name, "expired")
        else:
            self._served[name] = None
            super()._send(name)


PROTOCOL = variant("notified-once", notification=NotifiedOnce)
CAUGHT_BY = "hints-end-for-a-reason"
SCENARIO = "push"
