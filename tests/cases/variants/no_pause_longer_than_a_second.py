"""A device that can't connect never waits for longer than a second, however often it has been refused."""

from parley.variant import Device, variant


class Impatient(Device):
    reconnect_limit = 1_000_000


PROTOCOL = variant("no-pause-longer-than-a-second", device=Impatient)
