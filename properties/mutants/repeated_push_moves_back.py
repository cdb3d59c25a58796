"""A push that comes again is stored again, and the cursor goes to where it is."""

from model.device.device import Device
from model.protocol import variant


class RepeatedPushMovesBack(Device):
    def is_duplicate(self, local, message):
        return False

    def next_cursor(self, cursor, waiting):
        return waiting[0] if waiting[0] <= cursor else super().next_cursor(cursor, waiting)


PROTOCOL = variant("repeated-push-moves-back", device=RepeatedPushMovesBack)
CAUGHT_BY = "cursors-go-forward"
SCENARIO = "ci"
