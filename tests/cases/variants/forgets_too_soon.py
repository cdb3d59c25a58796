"""The store forgets an id when a tenth of the time is over for which it was to be kept."""

from parley.variant import MessageStore, variant


class Forgets(MessageStore):
    def find_duplicate(self, rows, append, at):
        row = rows.get(append.dedupe_key)
        if row is None or at - row.first_seen_at > append.retention // 10:
            return 0
        return row.seq


PROTOCOL = variant("forgets-too-soon", store=Forgets)
