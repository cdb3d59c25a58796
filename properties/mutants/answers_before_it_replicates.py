"""A leader answers a write that only it has: what it has answered since its last heartbeat is gone if another is elected."""

from model.protocol import variant
from model.store.store import MessageStore


class AnswersBeforeItReplicates(MessageStore):
    def before_replicating(self, write):
        return "answer"


PROTOCOL = variant("answers-before-it-replicates", store=AnswersBeforeItReplicates)
CAUGHT_BY = "committed-rows-stay"
SCENARIO = "ci"
