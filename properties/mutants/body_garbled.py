"""Every message that comes by sync has another text than was sent."""

from msgspec.structs import replace

from model.protocol import variant
from model.servers.service import MessagingService


class BodyGarbled(MessagingService):
    def page(self, after, rows):
        return [replace(row, body="GARBLED") for row in rows]


PROTOCOL = variant("body-garbled", service=BodyGarbled)
CAUGHT_BY = "shown-is-what-was-sent"
SCENARIO = "ci"
