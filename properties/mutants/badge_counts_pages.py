"""Each time that something new appears the badge goes up by one, be it a page of messages."""

from model.device.device import Device
from model.protocol import variant


class BadgeCountsPages(Device):
    def unread_after_showing(self, local, new):
        return local.unread + 1


PROTOCOL = variant("badge-counts-pages", device=BadgeCountsPages)
CAUGHT_BY = "badges-follow-the-screen"
SCENARIO = "ci"
