"""The relay publishes what is being written, too: rows that are not committed yet, and may never be."""

from msgspec.structs import replace

from model.protocol import variant
from model.servers.relay import OutboxRelay


class RelayAhead(OutboxRelay):
    def to_publish(self, rows):
        return [*rows, *(replace(row, seq=row.seq + 1) for row in rows[-1:])]


PROTOCOL = variant("relay-ahead", relay=RelayAhead)
CAUGHT_BY = "nothing-before-the-commit"
SCENARIO = "ci"
