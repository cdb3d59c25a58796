"""An ack that was held up is counted for the installation that came after the wipe: its cursor names what it lacks."""

from model.protocol import variant
from model.store.store import MessageStore


class AcksOfAWipedApp(MessageStore):
    def outdated(self, known, acking):
        return False


PROTOCOL = variant("acks-of-a-wiped-app", store=AcksOfAWipedApp)
CAUGHT_BY = "stored-cursor-is-monotone"
SCENARIO = "stragglers"
