"""A send whose outcome is not known is refused for good, although it may have been written."""

from model.protocol import variant
from model.servers.service import MessagingService
from model.wire.store import AppendRefused
from sim.node import Unknown


class RefusesUnknown(MessagingService):
    def persist(self, send):
        outcome = yield from super().persist(send)
        return AppendRefused("unavailable", 0, True) if isinstance(outcome, Unknown) else outcome


PROTOCOL = variant("refuses-the-unknown", service=RefusesUnknown)
CAUGHT_BY = "refused-is-not-shown"
SCENARIO = "ci"
