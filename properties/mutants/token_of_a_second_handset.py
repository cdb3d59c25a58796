"""A user goes on on another handset of theirs: the service keeps the push token for both of the user's devices."""

from model.servers.notification import NotificationService
from model.protocol import variant


class TokenOfASecondHandset(NotificationService):
    def loses_token(self, other, row, update):
        return row.user != update.user


PROTOCOL = variant("token-of-a-second-handset", notification=TokenOfASecondHandset)
CAUGHT_BY = "one-device-per-token"
SCENARIO = "stragglers"
