"""A gateway goes on sending a conversation to all devices that it has ever sent it to: also of those removed (field bug 31)."""

from model.protocol import variant
from model.servers.gateway import Gateway


class SubscribedForEver(Gateway):
    def subscribed(self, message, devices):
        others = (s.device for s in self.sessions.values() if message.conversation in s.pushed)
        return list(dict.fromkeys((*devices, *others)))


PROTOCOL = variant("subscribed-for-ever", gateway=SubscribedForEver)
CAUGHT_BY = "shown-to-members"
SCENARIO = "churn"
