"""The queue keeps text, and forgets of which type a message is."""

from msgspec.structs import replace

from model.protocol import variant
from model.servers.service import MessagingService


class TypesLost(MessagingService):
    def publish(self, send, outcome):
        return super().publish(replace(send, content=replace(send.content, payload="")), outcome)


PROTOCOL = variant("types-lost", service=TypesLost)
CAUGHT_BY = "shown-is-what-was-sent"
SCENARIO = "ci"
