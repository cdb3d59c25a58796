"""A connection that breaks while a page is awaited is taken for an empty page (field bug 46)."""

from model.device.device import Device
from model.events import CursorMoved
from model.protocol import variant


class EmptyByDisconnect(Device):
    def disconnected_now(self):
        for name, reception in self.receptions.items():
            local = self.database.get(name)
            if reception.syncing is not None and local is not None and reception.heard > local.cursor:
                local.cursor = reception.heard
                self.emit(CursorMoved, self.name, name, reception.heard)
        super().disconnected_now()


PROTOCOL = variant("empty-by-disconnect", device=EmptyByDisconnect)
CAUGHT_BY = "device-cursor-is-sound"
SCENARIO = "ci"
