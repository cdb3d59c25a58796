"""The message after the one that was acked counts as delivered too."""

from model.protocol import variant
from model.store.store import MessageStore


class StatusAhead(MessageStore):
    def status_rows(self, written, upto):
        return range(written + 1, upto + 2)


PROTOCOL = variant("status-ahead", store=StatusAhead)
CAUGHT_BY = "statuses-agree"
SCENARIO = "ci"
