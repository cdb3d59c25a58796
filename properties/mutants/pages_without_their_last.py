"""A page has one message less than was read: whoever reads backwards misses it."""

from model.protocol import variant
from model.servers.service import MessagingService


class WithoutTheLast(MessagingService):
    def page(self, after, rows):
        return rows[:-1] if len(rows) > 1 else rows


PROTOCOL = variant("pages-without-their-last", service=WithoutTheLast)
CAUGHT_BY = "history-pages-are-whole"
SCENARIO = "history"
