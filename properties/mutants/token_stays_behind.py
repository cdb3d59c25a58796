"""Another user logs in on a handset: the service keeps its push token for both."""

from model.servers.notification import NotificationService
from model.protocol import variant


class TokenStaysBehind(NotificationService):
    def loses_token(self, other, row, update):
        return False


PROTOCOL = variant("token-stays-behind", notification=TokenStaysBehind)
CAUGHT_BY = "one-device-per-token"
SCENARIO = "push"
