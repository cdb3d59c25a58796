"""The service asks its provider a minute late, each time anew: it gathers what comes meanwhile."""

from parley.variant import NotificationService, overrides_private


class GathersForAMinute(NotificationService):
    @overrides_private
    def _send(self, name):
        if self.hints[name].attempts:
            super()._send(name)
        else:
            self.after(60_000_000, super()._send, name)
