"""A device whose fetch broke takes the first row of what it asked for as held: the next fetch begins behind it."""

from model.events import CursorMoved
from parley.variant import Device, variant


class SkipsIt(Device):
    def connection_lost(self, connection, why):
        asked = [name for name, reception in self.receptions.items() if reception.syncing is not None]
        super().connection_lost(connection, why)
        for name in asked if connection is not None else ():
            local = self.database.get(name)
            if local is not None and self.reception(name).heard > local.cursor:
                local.cursor += 1
                self.emit(CursorMoved, self.name, name, local.cursor)


PROTOCOL = variant("skips-the-row-it-asked-for", device=SkipsIt)
