"""The gateway counts what it has pushed as acked."""

from model.servers.gateway import Gateway
from model.protocol import variant


class AcksPushed(Gateway):
    def acks_to_store(self, ack):
        return ack.upto + 1


PROTOCOL = variant("gateway-acks-more", gateway=AcksPushed)
CAUGHT_BY = "stored-cursor-is-sound"
SCENARIO = "ci"
