"""A retried send is stored again (field bug 16)."""

from model.protocol import variant
from model.servers.service import MessagingService


class NoDedupe(MessagingService):
    def dedupe_key(self, send):
        return ()


PROTOCOL = variant("no-dedupe", service=NoDedupe)
CAUGHT_BY = "one-row-per-message"
SCENARIO = "ci"
