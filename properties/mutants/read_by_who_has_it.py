"""Who has a message on a device counts as having read it."""

from model.protocol import variant
from model.store.store import MessageStore


class HavingIsReading(MessageStore):
    def read_by(self, table, user):
        devices_of = self.directory.devices_of
        others = [member for member in table.members if member != user and devices_of[member]]
        return [(other, max(table.cursors.get(device, 0) for device in devices_of[other])) for other in others]


PROTOCOL = variant("read-by-who-has-it", store=HavingIsReading)
CAUGHT_BY = "read-by-is-true"
SCENARIO = "ci"
