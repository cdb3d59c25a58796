"""A gateway that drains sends a device elsewhere in the middle of what it is saying."""

from model.protocol import variant
from model.servers.gateway import Gateway


class CutsOff(Gateway):
    def lets_go(self, session):
        return True


PROTOCOL = variant("cut-off-unanswered", gateway=CutsOff)
CAUGHT_BY = "stops-are-gentle"
SCENARIO = "rollout"
