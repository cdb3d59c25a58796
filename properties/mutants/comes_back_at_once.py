"""A send that was put off is let through when it comes back, however soon."""

from model.servers.service import MessagingService
from model.protocol import variant


class ComesBack(MessagingService):
    def delays(self, send):
        return 0 if send.message in self.put_off else super().delays(send) // 10


PROTOCOL = variant("comes-back-at-once", service=ComesBack)
CAUGHT_BY = "abuse-policy-is-kept"
SCENARIO = "limits"
