"""Message ids are remembered for five seconds: a retry that comes later is stored again."""

from model.protocol import variant
from model.servers.service import MessagingService


class ShortMemory(MessagingService):
    dedupe_retention = 5_000_000


PROTOCOL = variant("short-memory", service=ShortMemory)
CAUGHT_BY = "one-row-per-message"
SCENARIO = "ci"
