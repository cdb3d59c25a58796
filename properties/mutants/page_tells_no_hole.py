"""A page does not say where it begins: who comes back waits for what was said in between."""

from model.protocol import variant
from model.servers.service import MessagingService


class PageTellsNoHole(MessagingService):
    def page_first(self, read, page):
        return read.after + 1


PROTOCOL = variant("page-tells-no-hole", service=PageTellsNoHole)
CAUGHT_BY = "device-cursors-reach-the-head"
SCENARIO = "churn"
