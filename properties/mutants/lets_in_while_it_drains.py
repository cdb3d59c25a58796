"""A gateway that is about to be stopped goes on taking devices."""

from model.protocol import variant
from model.servers.gateway import Gateway


class LetsIn(Gateway):
    def lets_in(self):
        return True


PROTOCOL = variant("lets-in-while-it-drains", gateway=LetsIn)
CAUGHT_BY = "stops-are-gentle"
SCENARIO = "rollout"
