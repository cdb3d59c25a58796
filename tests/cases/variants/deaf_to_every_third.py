"""The gateways of one cluster drop a third of the messages that are pushed to them, however often they are."""

from model.protocol import variant
from model.servers.gateway import Gateway


class DeafToSome(Gateway):
    def on_push(self, push, source):
        if self.directory.cluster_of[self.name] != "edge-eu" or push.message.seq % 3:
            super().on_push(push, source)


PROTOCOL = variant("deaf-to-every-third", gateway=DeafToSome)
