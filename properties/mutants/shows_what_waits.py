"""What waits in the gap buffer is shown along with what is stored (field bug 22)."""

from model.device.device import Device
from model.protocol import variant


class ShowsWhatWaits(Device):
    def display_order(self, rows):
        buffer = self.reception(rows[0].conversation).buffer if rows else {}
        return [*rows, *(buffer[seq][0] for seq in sorted(buffer))]


PROTOCOL = variant("shows-what-waits", device=ShowsWhatWaits)
CAUGHT_BY = "stored-before-shown"
SCENARIO = "ci"
