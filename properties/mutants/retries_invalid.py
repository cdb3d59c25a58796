"""A push token that the provider calls invalid is kept, and tried again and again."""

from model.servers.notification import NotificationService
from model.protocol import variant


class RetriesInvalid(NotificationService):
    def gives_token_up(self, why):
        return False


PROTOCOL = variant("retries-invalid", notification=RetriesInvalid)
CAUGHT_BY = "invalid-tokens-are-left-alone"
SCENARIO = "push"
