"""A page that did not come twice in a row is taken for an empty one: the cursor passes what was not fetched."""

from model.device.device import Device
from model.events import CursorMoved
from model.protocol import variant


class EmptyAfterTwo(Device):
    def boot(self):
        super().boot()
        self._waited = {}

    def on_sync_page(self, page, connection):
        self._waited.pop(page.conversation, None)
        super().on_sync_page(page, connection)

    def _sync_timeout(self, name):
        self._waited[name] = times = self._waited.get(name, 0) + 1
        local, heard = self.conversation(name), self.reception(name).heard
        if times > 1 and heard > local.cursor:
            local.cursor = heard
            self.emit(CursorMoved, self.name, name, heard)
        super()._sync_timeout(name)


PROTOCOL = variant("empty-after-two-time-outs", device=EmptyAfterTwo)
CAUGHT_BY = "device-cursor-is-sound"
SCENARIO = "ci"
