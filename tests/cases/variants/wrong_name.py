"""A notification names the sender of the hint before it: a buffer that is used again."""

from parley.variant import NotificationService, replace


class WrongName(NotificationService):
    def boot(self):
        super().boot()
        self._sender = ""

    def on_notify(self, notify, call):
        sender, self._sender = self._sender or notify.sender, notify.sender
        super().on_notify(replace(notify, sender=sender), call)
