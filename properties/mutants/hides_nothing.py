"""Once asked for, a block hides nothing: the store takes it in, and goes on as before."""

from model.protocol import variant
from model.store.store import MessageStore


class HidesNothing(MessageStore):
    def hides(self, sender, user, kind):
        return False


PROTOCOL = variant("hides-nothing", store=HidesNothing)
CAUGHT_BY = "blocked-is-not-shown"
SCENARIO = "ci"
