"""Every message makes a notification of its own: a sleeping phone wakes up to twenty of them."""

from model.protocol import variant
from model.servers.provider import PushProvider


class NoCollapse(PushProvider):
    def collapse_key(self, notification):
        return f"{notification.conversation} {self.now}"


PROTOCOL = variant("no-collapse", provider=NoCollapse)
CAUGHT_BY = "one-hint-pending"
SCENARIO = "push"
