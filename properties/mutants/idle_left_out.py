"""Whoever has acked nothing yet is left out of the fan-out (field bug 32)."""

from model.protocol import variant
from model.store.store import MessageStore


class LeavesOutIdle(MessageStore):
    def entitled(self, table, seq):
        devices_of = self.directory.devices_of
        return [u for u in super().entitled(table, seq) if any(d in table.cursors for d in devices_of[u])]


PROTOCOL = variant("idle-left-out", store=LeavesOutIdle)
CAUGHT_BY = "inbox-is-complete"
SCENARIO = "matrix_large"
