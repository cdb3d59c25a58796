"""A new connection of a device discards what the old one had not acked (field bug 26)."""

from model.servers.gateway import Gateway
from model.protocol import variant


class Discards(Gateway):
    def told_of_dropped(self, why):
        return "acked"


PROTOCOL = variant("binding-discards", gateway=Discards)
CAUGHT_BY = "closed-when-done"
SCENARIO = "ci"
