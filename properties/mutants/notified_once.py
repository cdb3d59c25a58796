"""After the first notification of a conversation the service gives every other hint for it up, as if it were too old."""

from model.servers.notification import NotificationService
from model.protocol import variant


class NotifiedOnce(NotificationService):
    def install(self):
        super().install()
        self._served = {}

    def _send(self, name):
        if name in self._served:
            self._end(name, "expired")
        else:
            super()._send(name)

    def _end(self, name, how):
        if how == "taken":
            self._served[name] = None
        super()._end(name, how)


PROTOCOL = variant("notified-once", notification=NotifiedOnce)
CAUGHT_BY = "hints-end-for-a-reason"
SCENARIO = "push"
