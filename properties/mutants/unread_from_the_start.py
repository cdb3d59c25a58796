"""The store counts the unread messages of a push from the first one on, and takes its users' own ones for unread."""

from model.protocol import variant
from model.store.store import MessageStore


class UnreadFromTheStart(MessageStore):
    def unread(self, table, user, upto):
        return upto


PROTOCOL = variant("unread-from-the-start", store=UnreadFromTheStart)
CAUGHT_BY = "badge-in-push-is-the-servers-count"
SCENARIO = "ci"
