"""Nothing publishes what was persisted by a service that died before publishing (field bug 41)."""

from model.protocol import variant
from model.relay import OutboxRelay


class NoRelay(OutboxRelay):
    def to_publish(self, rows):
        return []


PROTOCOL = variant("no-relay", relay=NoRelay)
CAUGHT_BY = "every-message-is-published"
SCENARIO = "armed"
