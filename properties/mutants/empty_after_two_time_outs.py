"""A page that did not come twice in a row is taken for an empty one: the cursor passes what was not fetched."""

from model.device.device import Device
from model.protocol import variant


class EmptyAfterTwo(Device):
    def boot(self):
        super().boot()
        self._waited_at = {}

    def _sync_timeout(self, name):
        cursor, heard = self.conversation(name).cursor, self.reception(name).heard
        if self._waited_at.get(name) == cursor < heard:
            self.pass_over(name, heard)
        self._waited_at[name] = cursor
        super()._sync_timeout(name)


PROTOCOL = variant("empty-after-two-time-outs", device=EmptyAfterTwo)
CAUGHT_BY = "device-cursor-is-sound"
SCENARIO = "ci"
