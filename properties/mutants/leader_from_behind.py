"""Replicas vote for any candidate, whatever its log lacks."""

from model.protocol import variant
from model.store.store import MessageStore


class FromBehind(MessageStore):
    def is_up_to_date(self, candidate, own):
        return True


PROTOCOL = variant("leader-from-behind", store=FromBehind)
CAUGHT_BY = "committed-rows-stay"
SCENARIO = "replicated"
