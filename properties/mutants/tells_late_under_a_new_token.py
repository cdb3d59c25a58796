"""A device whose token has changed is told a minute and a half later than others: its hints wait until the new token has settled."""

from model.protocol import variant
from model.servers.notification import NotificationService


class TellsLateUnderANewToken(NotificationService):
    _changed = frozenset()

    def on_token_update(self, update, call):
        row = self.rows.get(update.device)
        self._changed |= {update.device} if row is not None and row.token != update.token else set()
        super().on_token_update(update, call)

    def _send(self, name):
        late = self.hints[name].since + 90_000_000 - self.now if name[0] in self._changed else 0
        self.after(late, self._send, name) if late > 0 else super()._send(name)


PROTOCOL = variant("tells-late-under-a-new-token", notification=TellsLateUnderANewToken)
CAUGHT_BY = "notified-in-time"
SCENARIO = "push"
