"""A retry of what the store has already is refused, for good."""

from model.protocol import variant
from model.store.store import MessageStore


class RefusesRetries(MessageStore):
    def find_duplicate(self, rows, append, at):
        return 0

    def refuses(self, table, append):
        return "sent already" if append.dedupe_key in table.dedupe else super().refuses(table, append)


PROTOCOL = variant("refuses-retries", store=RefusesRetries)
CAUGHT_BY = "refused-is-not-shown"
SCENARIO = "ci"
