"""The last ack that arrives is the cursor, be it an older one."""

from model.store.store import MessageStore
from model.protocol import variant


class LastAck(MessageStore):
    def merge_cursor(self, stored, acked):
        return acked


PROTOCOL = variant("ack-moves-back", store=LastAck)
CAUGHT_BY = "stored-cursor-is-monotone"
SCENARIO = "ci"
