"""A candidate leads with its own vote."""

from model.protocol import variant
from model.store.store import MessageStore


class ElectsItself(MessageStore):
    def is_elected(self, votes, replicas):
        return True


PROTOCOL = variant("elects-itself", store=ElectsItself)
CAUGHT_BY = "one-leader-per-term"
SCENARIO = "replicated"
