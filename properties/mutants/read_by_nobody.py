"""Everybody learns that all have read, and nobody who has."""

from model.protocol import variant
from model.store.store import MessageStore


class NoNames(MessageStore):
    def read_by(self, table, user):
        return ()


PROTOCOL = variant("read-by-nobody", store=NoNames)
CAUGHT_BY = "receipts-are-shown"
SCENARIO = "ci"
