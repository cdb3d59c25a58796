"""A leader answers when it alone has the entry."""

from model.protocol import variant
from model.store.store import MessageStore


class QuorumOfOne(MessageStore):
    def write_quorum(self, replicas):
        return 1


PROTOCOL = variant("quorum-of-one", store=QuorumOfOne)
CAUGHT_BY = "committed-rows-stay"
SCENARIO = "replicated"
