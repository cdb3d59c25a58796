"""A row carries the time that its sender's clock said."""

from model.protocol import variant
from model.store.store import MessageStore


class SenderDates(MessageStore):
    def row_time(self, append, at):
        return append.sent_at


PROTOCOL = variant("sender-dates-rows", store=SenderDates)
CAUGHT_BY = "rows-carry-the-stores-time"
SCENARIO = "ci"
