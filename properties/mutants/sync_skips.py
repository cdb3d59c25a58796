"""A sync page leaves out its first message (field bug 2)."""

from model.protocol import variant
from model.servers.service import MessagingService


class SyncSkips(MessagingService):
    def page(self, after, rows):
        return rows[1:]


PROTOCOL = variant("sync-skips", service=SyncSkips)
CAUGHT_BY = "every-device-shows-everything"
SCENARIO = "ci"
