"""A provider that does not answer has got it, surely: the hint is forgotten."""

from model.servers.notification import NotificationService
from model.protocol import variant


class ForgetsHints(NotificationService):
    def retries_without_answer(self):
        return False


PROTOCOL = variant("forgets-hints", notification=ForgetsHints)
CAUGHT_BY = "every-hint-ends"
SCENARIO = "handsets"
