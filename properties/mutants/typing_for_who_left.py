"""Who types is told to everybody who ever was in the conversation: the subscription outlives the membership (field bug 31)."""

from model.protocol import variant
from model.store.store import MessageStore


class TellsWhoLeft(MessageStore):
    def entitled(self, table, seq):
        return [*super().entitled(table, seq), *(() if seq else table.former)]


PROTOCOL = variant("typing-for-who-left", store=TellsWhoLeft)
CAUGHT_BY = "typing-stays-inside"
SCENARIO = "nightly"
