"""A device that has caught up after a reconnect drops live pushes for twenty seconds (field bug 12)."""

from model.device.device import Device
from model.protocol import variant


class CoolsDown(Device):
    _cool_until = 0

    def on_sync_page(self, page, connection):
        if page.messages and self.epoch > 1:
            self._cool_until = self.uptime + 20_000_000
        super().on_sync_page(page, connection)

    def on_push(self, push, connection):
        if self.uptime >= self._cool_until:
            super().on_push(push, connection)


PROTOCOL = variant("cools-down-after-catching-up", device=CoolsDown)
CAUGHT_BY = "live-in-time"
SCENARIO = "ci"
