"""A device asks for a sync page again and again without waiting for it (field bug 5)."""

from model.device.device import Device
from model.protocol import variant


class Spins(Device):
    sync_timeout = 0


PROTOCOL = variant("spins-on-sync", device=Spins)
CAUGHT_BY = "no-livelock"
SCENARIO = "ci"
