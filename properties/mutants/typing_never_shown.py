"""Nobody is told who types."""

from model.servers.presence import PresenceService
from model.protocol import variant


class TellsNobody(PresenceService):
    def shown_to(self, typist, members):
        return []


PROTOCOL = variant("typing-never-shown", presence=TellsNobody)
CAUGHT_BY = "typing-is-shown"
SCENARIO = "ci"
