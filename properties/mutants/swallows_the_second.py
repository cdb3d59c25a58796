"""An app that is shown a notification takes another one of the same conversation, within a minute, for the same, and is silent."""

from model.device.device import Device
from model.protocol import variant


class SwallowsTheSecond(Device):
    def install(self):
        super().install()
        self._last = {}

    def notified(self, notification):
        before = self._last.get(notification.conversation, -60_000_000)
        self._last[notification.conversation] = self.now
        if self.now - before >= 60_000_000:
            super().notified(notification)


PROTOCOL = variant("swallows-the-second", device=SwallowsTheSecond)
CAUGHT_BY = "what-arrives-is-shown"
SCENARIO = "push"
