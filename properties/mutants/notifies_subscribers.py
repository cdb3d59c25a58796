"""Whoever was notified of a conversation once is notified of all that is sent there from then on (field bug 45)."""

from msgspec.structs import replace

from model.servers.notification import NotificationService
from model.protocol import variant


class NotifiesSubscribers(NotificationService):
    def install(self):
        super().install()
        self._subscribed = {}

    def on_notify(self, notify, call):
        subscribed = self._subscribed.setdefault(notify.conversation, {})
        subscribed.update(dict.fromkeys(notify.devices))
        super().on_notify(replace(notify, devices=tuple(subscribed), counts=()), call)


PROTOCOL = variant("notifies-subscribers", notification=NotifiesSubscribers)
CAUGHT_BY = "only-members-are-notified"
SCENARIO = "churn"
