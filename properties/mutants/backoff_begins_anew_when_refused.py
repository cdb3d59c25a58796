"""The pause between tries begins anew whenever a gateway answers, be it by a refusal (field bug 47)."""

from model.device.device import Device
from model.protocol import variant


class BeginsAnew(Device):
    def on_refused(self, refused, connection):
        if connection is self.connection:
            self._failures = 0
        super().on_refused(refused, connection)


PROTOCOL = variant("backoff-begins-anew-when-refused", device=BeginsAnew)
CAUGHT_BY = "reconnects-are-spaced"
SCENARIO = "ci"
