"""A page leaves out when its messages were sent."""

from msgspec.structs import replace

from model.protocol import variant
from model.servers.service import MessagingService


class SentAtZero(MessagingService):
    def page(self, after, rows):
        return [replace(row, sent_at=0) for row in rows]


PROTOCOL = variant("sent-at-zero", service=SentAtZero)
CAUGHT_BY = "shown-is-what-was-sent"
SCENARIO = "ci"
