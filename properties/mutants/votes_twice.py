"""A replica votes for whoever asks in a term, also after it has voted."""

from model.protocol import variant
from model.store.store import MessageStore


class VotesTwice(MessageStore):
    def may_vote_for(self, candidate, voted_for):
        return True


PROTOCOL = variant("votes-twice", store=VotesTwice)
CAUGHT_BY = "one-leader-per-term"
SCENARIO = "elections"
