"""What arrives in one go is drawn with the content of its first message."""

from msgspec.structs import replace

from model.device.device import Device
from model.protocol import variant


class RecycledView(Device):
    def display_order(self, rows):
        return [replace(row, message=rows[0].message) for row in rows]


PROTOCOL = variant("recycled-view", device=RecycledView)
CAUGHT_BY = "shown-is-true"
CLIENTS_SEE = "places-agree"
SCENARIO = "ci"
