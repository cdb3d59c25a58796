"""Gateways drop every live push in silence: no message is ever delivered live, digests repair it up to a heartbeat later."""

from model.protocol import variant
from model.servers.gateway import Gateway


class Deaf(Gateway):
    def on_push(self, push, source):
        pass


PROTOCOL = variant("deaf-gateways", gateway=Deaf)
