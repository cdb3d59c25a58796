"""Who types is told to all devices of all members: also to those of the user who types."""

from model.servers.presence import PresenceService
from model.protocol import variant


class TellsEverybody(PresenceService):
    def shown_to(self, typist, members):
        return [member.device for member in members]


PROTOCOL = variant("typing-to-oneself", presence=TellsEverybody)
CAUGHT_BY = "typing-is-of-others"
SCENARIO = "ci"
STORY = "members"
