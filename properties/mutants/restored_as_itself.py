"""An app that is restored from a backup takes itself for what it was: it counts on from there, and gives names out again."""

from model.device.device import Device
from model.protocol import variant


class RestoredAsItself(Device):
    def begins_as_another(self):
        return False


PROTOCOL = variant("restored-as-itself", device=RestoredAsItself)
CAUGHT_BY = "message-ids-are-not-reused"
SCENARIO = "restored"
