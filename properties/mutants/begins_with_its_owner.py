"""A conversation that is created begins with its owner alone: the others are to be told later, by nobody."""

from model.protocol import variant
from model.store.store import MessageStore


class OwnerAlone(MessageStore):
    def first_members(self, append):
        return append.members[:1]


PROTOCOL = variant("begins-with-its-owner", store=OwnerAlone)
CAUGHT_BY = "conversations-begin-as-asked"
SCENARIO = "history"
