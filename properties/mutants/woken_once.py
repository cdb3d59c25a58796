"""An app that a notification has woken is not woken by another one, until its user opens it: the system saves energy."""

from model.device.device import Device
from model.protocol import variant


class WokenOnce(Device):
    def install(self):
        super().install()
        self._spent = False

    def wake(self, by):
        if by == "notification" and self._spent:
            return
        if by in ("notification", "user"):
            self._spent = by == "notification"
        super().wake(by)


PROTOCOL = variant("woken-once", device=WokenOnce)
CAUGHT_BY = "sleepers-are-notified"
SCENARIO = "push"
