"""A device is registered for pushes only when its digest has come: what is committed in between is in neither."""

from model.protocol import variant
from model.servers.gateway import Gateway


class SnapshotFirst(Gateway):
    def registers_first(self, session):
        return False


PROTOCOL = variant("snapshot-first", gateway=SnapshotFirst)
CAUGHT_BY = "live-in-time"
SCENARIO = "ci"
