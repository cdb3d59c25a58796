"""A retried send that is recognised is told the newest place instead of its own."""

from model.protocol import variant
from model.store.store import MessageStore


class NewestPlace(MessageStore):
    def find_duplicate(self, rows, append, at):
        return super().find_duplicate(rows, append, at) and max(row.seq for row in rows.values())


PROTOCOL = variant("told-the-newest-place", store=NewestPlace)
CAUGHT_BY = "accepted-place-is-true"
SCENARIO = "ci"
