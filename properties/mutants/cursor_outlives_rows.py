"""The cursor is kept beside the database: in an app that is restored from a backup it is ahead of what is there (field bug 53)."""

from model.device.device import Device
from model.protocol import variant


class CursorOutlivesRows(Device):
    def restored_cursor(self, saved, before):
        return max(saved, before)


PROTOCOL = variant("cursor-outlives-rows", device=CursorOutlivesRows)
CAUGHT_BY = "every-device-shows-everything"
SCENARIO = "restored"
