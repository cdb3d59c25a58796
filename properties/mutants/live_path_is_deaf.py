"""Gateways take what workers push and pass none of it on: all of it comes with the next digest, up to a minute later (field bug 43)."""

from model.protocol import variant
from model.servers.gateway import Gateway


class PassesNothingOn(Gateway):
    def subscribed(self, message, devices):
        return ()


PROTOCOL = variant("live-path-is-deaf", gateway=PassesNothingOn)
CAUGHT_BY = "live-in-time"
SCENARIO = "ci"
