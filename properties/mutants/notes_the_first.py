"""The notification service notes the first of the devices that it takes over, and says that it has noted them all (field bug 44)."""

from msgspec.structs import replace

from model.servers.notification import NotificationService
from model.protocol import variant


class NotesTheFirst(NotificationService):
    def on_notify(self, notify, call):
        super().on_notify(replace(notify, devices=notify.devices[:1]), call)


PROTOCOL = variant("notes-the-first", notification=NotesTheFirst)
CAUGHT_BY = "handed-over-is-taken"
SCENARIO = "push"
