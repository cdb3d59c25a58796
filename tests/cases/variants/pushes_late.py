"""Gateways pass on what is pushed twelve seconds late."""

from model.protocol import variant
from model.servers.gateway import Gateway


class Slow(Gateway):
    _late = 12_000_000

    def on_push(self, push, source):
        self.after(self._late, lambda push: super(Slow, self).on_push(push, None), push)


PROTOCOL = variant("pushes-late", gateway=Slow)
