"""A sync hands messages out under other ids than a push does (field bug 28)."""

from model.protocol import variant
from model.servers.service import MessagingService
from msgspec.structs import replace


class Renames(MessagingService):
    def page(self, after, rows):
        return [replace(row, message=f"archive:{row.message}") for row in rows]


PROTOCOL = variant("page-renames", service=Renames)
CAUGHT_BY = "stored-is-true"
SCENARIO = "ci"
