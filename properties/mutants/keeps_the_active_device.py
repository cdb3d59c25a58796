"""A user's active device is the first one that connected, as long as the registry lives: also when it has long been gone."""

from model.servers.registry import SessionRegistry
from model.protocol import variant


class KeepsTheFirst(SessionRegistry):
    def active_device(self, active, there):
        return active or super().active_device(active, there)


PROTOCOL = variant("keeps-the-active-device", registry=KeepsTheFirst)
CAUGHT_BY = "active-device-is-there"
SCENARIO = "ci"
