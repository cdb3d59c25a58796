"""The inbox counts what is unread as if nothing had been read since."""

from model.protocol import variant
from model.store.store import MessageStore


class InboxIsNeverRead(MessageStore):
    def apply_inbox_mark(self, mark, at):
        pass

    def inbox_unread(self, entry, read):
        return len(entry.unread)


PROTOCOL = variant("inbox-is-never-read", store=InboxIsNeverRead)
CAUGHT_BY = "lists-are-true"
SCENARIO = "ci"
