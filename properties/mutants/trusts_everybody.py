"""The store takes whatever anybody inside the network sends."""

from model.protocol import variant
from model.store.store import MessageStore


class TrustsEverybody(MessageStore):
    def trusts(self, caller):
        return True


PROTOCOL = variant("trusts-everybody", store=TrustsEverybody)
CAUGHT_BY = "intruders-have-no-effect"
SCENARIO = "ci"
