"""A gateway that is to be stopped tells nobody: all of its devices lose it at the same moment."""

from model.protocol import variant
from model.servers.gateway import Gateway


class StopsAtOnce(Gateway):
    def drains(self):
        return False


PROTOCOL = variant("stops-at-once", gateway=StopsAtOnce)
CAUGHT_BY = "stops-are-gentle"
SCENARIO = "rollout"
