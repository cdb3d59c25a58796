"""One in fifty live pushes is dropped for good, so that the next digest has to bring the message."""

from msgspec.structs import replace

from model.protocol import variant
from model.servers.gateway import Gateway
from sim.draws import key

_DROPPED = key("one in fifty waits")


class DropsSome(Gateway):
    def on_push(self, push, source):
        message = push.message
        which = (key(message.conversation), message.seq)
        kept = tuple(device for device in push.devices if self.draws.u64(_DROPPED, key(device), *which) % 50)
        if kept:
            super().on_push(replace(push, devices=kept), source)


PROTOCOL = variant("one-in-fifty-waits", gateway=DropsSome)
