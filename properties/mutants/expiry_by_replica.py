"""One replica of the store forgets message ids sooner than the others (field bug 17)."""

from model.protocol import variant
from model.store.store import MessageStore


class OwnExpiry(MessageStore):
    def find_duplicate(self, rows, append, at):
        row = rows.get(append.dedupe_key)
        if row and self.name == self.group[0] and at - row.first_seen_at > 1_000_000:
            return 0
        return super().find_duplicate(rows, append, at)


PROTOCOL = variant("expiry-by-replica", store=OwnExpiry)
CAUGHT_BY = "one-row-per-message"
SCENARIO = "ci"
