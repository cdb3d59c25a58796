"""Whoever can be sent the simpler form gets it, and new apps show a text where there is a poll."""

from model.protocol import variant
from model.servers.gateway import Gateway


class SimplerForAll(Gateway):
    def takes_down(self, message, capabilities):
        return True


PROTOCOL = variant("simpler-for-all", gateway=SimplerForAll)
CAUGHT_BY = "old-apps-get-what-they-can-show"
SCENARIO = "ci"
