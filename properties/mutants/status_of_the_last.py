"""A cursor that moves by several messages gives only the last one its status."""

from model.protocol import variant
from model.store.store import MessageStore


class StatusOfTheLast(MessageStore):
    def status_rows(self, written, upto):
        return range(upto, upto + 1)


PROTOCOL = variant("status-of-the-last", store=StatusOfTheLast)
CAUGHT_BY = "statuses-agree"
SCENARIO = "ci"
