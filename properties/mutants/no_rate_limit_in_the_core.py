"""The core takes as many sends to a conversation as there are."""

from model.servers.service import MessagingService
from model.protocol import variant


class NoRateLimit(MessagingService):
    def conversation_wait(self, bucket):
        return 0


PROTOCOL = variant("no-rate-limit-in-the-core", service=NoRateLimit)
CAUGHT_BY = "rate-limits-bite"
SCENARIO = "limits"
