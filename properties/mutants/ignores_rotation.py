"""A rotated push token is ignored, because the service has a row for the device (field bug 36)."""

from model.servers.notification import NotificationService
from model.protocol import variant


class IgnoresRotation(NotificationService):
    def takes_registration(self, row, update):
        return row is None


PROTOCOL = variant("ignores-rotation", notification=IgnoresRotation)
CAUGHT_BY = "tokens-converge"
SCENARIO = "push"
