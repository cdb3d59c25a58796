"""The session registry finds one device of each user only: the others are told by digests."""

from model.protocol import variant
from model.servers.registry import SessionRegistry
from model.wire.delivery import Sessions


class OneOfEachUser(SessionRegistry):
    def on_lookup(self, lookup, call):
        by_user = {}
        for device in lookup.devices:
            session = self.sessions.get(device)
            if session is not None:
                by_user.setdefault(session.user, session)
        self.reply(call, Sessions(tuple(by_user.values())))


PROTOCOL = variant("second-device-is-not-found", registry=OneOfEachUser)
