"""A sync goes by the time of sending: what was sent earlier than the device's newest row is not in it (field bug 9)."""

from msgspec.structs import replace

from model.protocol import variant
from model.store.store import MessageStore


class ByClock(MessageStore):
    def read_page(self, read):
        page, rows = super().read_page(read), self.conversations[read.conversation].rows
        since = rows[read.after].sent_at if read.after in rows else 0
        return replace(page, messages=tuple(row for row in page.messages if row.sent_at >= since))


PROTOCOL = variant("page-by-clock", store=ByClock)
CAUGHT_BY = "every-device-shows-everything"
SCENARIO = "ci"
