"""The sender is told at once, and the reader's other devices with their next digest."""

from model.protocol import variant
from model.store.store import MessageStore


class TellsSendersOnly(MessageStore):
    def tells_at_once(self, marked, receipted):
        return receipted


PROTOCOL = variant("badge-waits-for-digest", store=TellsSendersOnly)
CAUGHT_BY = "receipts-come-in-time"
SCENARIO = "ci"
