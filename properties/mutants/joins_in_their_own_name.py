"""A join or leave is stored in the name of whom it is about, whoever sent it."""

from msgspec.structs import replace

from model.protocol import variant
from model.servers.service import MessagingService


class InTheirOwnName(MessagingService):
    def accept(self, send, call):
        return super().accept(replace(send, sender=send.subject or send.sender), call)


PROTOCOL = variant("joins-in-their-own-name", service=InTheirOwnName)
CAUGHT_BY = "sender-is-authentic"
SCENARIO = "churn"
