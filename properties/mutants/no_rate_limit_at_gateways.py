"""Gateways forward whatever a user sends, however much it is."""

from model.servers.gateway import Gateway
from model.protocol import variant


class NoRateLimit(Gateway):
    def send_wait(self, bucket):
        return 0


PROTOCOL = variant("no-rate-limit-at-gateways", gateway=NoRateLimit)
CAUGHT_BY = "rate-limits-bite"
SCENARIO = "limits"
