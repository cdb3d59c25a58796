"""A sync page hands out every message under the id of its first."""

from msgspec.structs import replace

from model.protocol import variant
from model.servers.service import MessagingService


class MixesUp(MessagingService):
    def page(self, after, rows):
        return [replace(row, message=rows[0].message) for row in rows]


PROTOCOL = variant("sync-mixes-up", service=MixesUp)
CAUGHT_BY = "stored-is-true"
SCENARIO = "ci"
