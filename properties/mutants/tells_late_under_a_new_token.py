"""A device whose token has changed is told a minute and a half later than others: its hints wait until the new token has settled."""

from model.protocol import variant
from model.servers.notification import NotificationService


class TellsLateUnderANewToken(NotificationService):
    def install(self):
        super().install()
        self._changed = {}

    def on_token_update(self, update, call):
        row = self.rows.get(update.device)
        if row is not None and row.token != update.token:
            self._changed[update.device] = None
        super().on_token_update(update, call)

    def _send(self, name):
        waited = self.now - self.hints[name].since
        if name[0] in self._changed and waited < 90_000_000:
            self.after(90_000_000 - waited, self._send, name)
        else:
            super()._send(name)


PROTOCOL = variant("tells-late-under-a-new-token", notification=TellsLateUnderANewToken)
CAUGHT_BY = "notified-in-time"
SCENARIO = "push"
