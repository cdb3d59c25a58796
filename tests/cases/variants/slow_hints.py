"""A hint is looked at 90 s late: everybody is notified in the end."""

from parley.variant import NotificationService


class SlowHints(NotificationService):
    def on_notify(self, notify, call):
        self.after(90_000_000, self._late, (notify, call))

    def _late(self, what):
        super().on_notify(*what)
