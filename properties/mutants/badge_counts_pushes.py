"""The badge in a push says how often its hint was asked for, whatever the store has counted."""

from model.protocol import variant
from model.servers.notification import NotificationService


class BadgeCountsPushes(NotificationService):
    def badge(self, unread, hints):
        return hints


PROTOCOL = variant("badge-counts-pushes", notification=BadgeCountsPushes)
CAUGHT_BY = "badge-in-push-is-the-servers-count"
SCENARIO = "push"
