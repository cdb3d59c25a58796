"""Whether the sender is a member is asked by the service, and not again where the message is written."""

from model.protocol import variant
from model.store.store import MessageStore


class MemberAtTheDoor(MessageStore):
    def refuses(self, table, append):
        return ""


PROTOCOL = variant("member-at-the-commit-only", store=MemberAtTheDoor)
CAUGHT_BY = "senders-are-members"
SCENARIO = "churn"
