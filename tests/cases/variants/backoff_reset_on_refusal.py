"""The backoff is reset as soon as the gateway answers, be it a refusal: who is refused hammers on with the first pause."""

from parley.variant import Device, variant


class ResetOnAnswer(Device):
    def on_refused(self, refused, connection):
        if connection is self.connection:
            self._failures = 0
        super().on_refused(refused, connection)


PROTOCOL = variant("backoff-reset-on-refusal", device=ResetOnAnswer)
