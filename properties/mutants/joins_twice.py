"""Somebody can be added who is there already."""

from model.protocol import variant
from model.store.store import MessageStore


class JoinsTwice(MessageStore):
    def refuses(self, table, append):
        return "" if append.kind == "join" else super().refuses(table, append)


PROTOCOL = variant("joins-twice", store=JoinsTwice)
CAUGHT_BY = "membership-takes-turns"
SCENARIO = "churn"
STORY = "crowd"
