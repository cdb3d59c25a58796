"""The app gives what it shows a name of its own (field bug 28)."""

from msgspec.structs import replace

from model.device.device import Device
from model.protocol import variant


class NamesIt(Device):
    def display_order(self, rows):
        return [replace(row, message=f"{row.message}@{self.name}") for row in rows]


PROTOCOL = variant("app-names-it", device=NamesIt)
CAUGHT_BY = "shown-was-sent"
SCENARIO = "ci"
