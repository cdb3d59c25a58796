"""A push notification counts as delivery: the cursor moves on it (field bug 42)."""

from model.device.device import Device
from model.events import CursorMoved
from model.protocol import variant


class Delivers(Device):
    def on_notification(self, conversation):
        local = self.conversation(conversation)
        local.cursor += 1
        self.emit(CursorMoved, self.name, conversation, local.cursor)


PROTOCOL = variant("notification-delivers", device=Delivers)
CAUGHT_BY = "notifications-prove-nothing"
SCENARIO = "push"
