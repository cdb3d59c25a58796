"""A notification names whoever the hint before it was from, in whatever conversation: a buffer is filled too late."""

from msgspec.structs import replace

from model.protocol import variant
from model.servers.notification import NotificationService


class NamesWhomItNamedLast(NotificationService):
    def boot(self):
        super().boot()
        self._sender = ""

    def on_notify(self, notify, call):
        sender, self._sender = self._sender or notify.sender, notify.sender
        super().on_notify(replace(notify, sender=sender), call)


PROTOCOL = variant("names-whom-it-named-last", notification=NamesWhomItNamedLast)
CAUGHT_BY = "notifications-name-who-wrote"
SCENARIO = "ci"
