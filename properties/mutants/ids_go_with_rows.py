"""What the store removes it knows no more: a send that is retried for so long is stored again.

Needs a lost answer, a retry that comes after the removal, and the removal.
"""

from model.protocol import variant
from model.store.store import MessageStore


class IdsGoWithRows(MessageStore):
    def apply_sweep(self, sweep, at):
        super().apply_sweep(sweep, at)
        for name, upto in sweep.removed:
            table = self.conversations[name]
            table.dedupe = {key: row for key, row in table.dedupe.items() if row.seq > upto}


PROTOCOL = variant("ids-go-with-rows", store=IdsGoWithRows)
CAUGHT_BY = "one-row-per-message"
SCENARIO = "retention"
