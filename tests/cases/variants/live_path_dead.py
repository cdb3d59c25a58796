"""Connected, and nothing comes by itself: the session registry finds half of the devices only, and the rest has to poll."""

from model.protocol import variant
from model.servers.registry import SessionRegistry
from model.wire.delivery import Sessions


class HalfAreFound(SessionRegistry):
    def on_lookup(self, lookup, call):
        half = [device for device in lookup.devices if sum(map(ord, device)) % 2]
        found = (self.sessions.get(device) for device in half)
        self.reply(call, Sessions(tuple(session for session in found if session is not None)))


PROTOCOL = variant("live-path-dead", registry=HalfAreFound)
