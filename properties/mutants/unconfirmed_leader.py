"""A leader never asks whether it still leads, and doesn't notice that it hears nobody."""

from model.protocol import variant
from model.store.store import MessageStore


class Unconfirmed(MessageStore):
    def confirms(self, read):
        return False

    def steps_down(self, silence):
        return False


PROTOCOL = variant("unconfirmed-leader", store=Unconfirmed)
CAUGHT_BY = "head-reads-are-fresh"
SCENARIO = "replicated"
