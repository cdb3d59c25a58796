"""The sender is told 'accepted' as soon as the service has the message."""

from model.protocol import variant
from model.servers.service import MessagingService


class AckFirst(MessagingService):
    accept_after = "received"


PROTOCOL = variant("ack-before-persist", service=AckFirst)
CAUGHT_BY = "accepted-is-durable"
CLIENTS_SEE = "own-messages-are-there"
SCENARIO = "ci"
