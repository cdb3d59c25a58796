"""The rows by which people joined and left are removed like others: who was away for it never learns of it.

Needs a device that is away until after the removal, an unread message on it, and a leave meanwhile.
"""

from model.protocol import variant
from model.store.store import MessageStore


class TurnsGoWithRows(MessageStore):
    def apply_sweep(self, sweep, at):
        super().apply_sweep(sweep, at)
        for name, _ in sweep.removed:
            self.conversations[name].turns.clear()


PROTOCOL = variant("turns-go-with-rows", store=TurnsGoWithRows)
CAUGHT_BY = "badges-are-right"
SCENARIO = "retention"
