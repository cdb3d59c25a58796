"""Presence never lapses: whoever was online once is shown as online for ever."""

from model.servers.presence import PresenceService
from model.protocol import variant


class NeverLapses(PresenceService):
    def until_after_beat(self, now):
        return now + 10**12

    def until_after_loss(self, until, now):
        return until


PROTOCOL = variant("never-lapses", presence=NeverLapses)
CAUGHT_BY = "offline-is-shown"
SCENARIO = "ci"
