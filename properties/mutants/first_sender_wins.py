"""A page has all of its messages from the sender of its first one."""

from msgspec.structs import replace

from model.protocol import variant
from model.servers.service import MessagingService


class FirstSenderWins(MessagingService):
    def page(self, after, rows):
        return [replace(row, sender=rows[0].sender) for row in rows]


PROTOCOL = variant("first-sender-wins", service=FirstSenderWins)
CAUGHT_BY = "shown-is-what-was-sent"
SCENARIO = "ci"
