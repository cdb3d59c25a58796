"""What moves is told with the next digest only, although it is to be shown at once."""

from model.protocol import variant
from model.store.store import MessageStore


class TellsLater(MessageStore):
    def tells_at_once(self, marked, receipted):
        return False


PROTOCOL = variant("tells-with-the-digest", store=TellsLater)
CAUGHT_BY = "receipts-come-in-time"
SCENARIO = "ci"
