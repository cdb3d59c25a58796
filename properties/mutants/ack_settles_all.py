"""An ack of one device settles the delivery to the user's other devices (field bug 6)."""

from model.protocol import variant
from model.servers.worker import DeliveryWorker


class SettlesAll(DeliveryWorker):
    def settled_by(self, device, left):
        user = self.directory.devices[device].user
        return [each for each in left if self.directory.devices[each].user == user]


PROTOCOL = variant("ack-settles-all", worker=SettlesAll)
CAUGHT_BY = "closed-when-done"
SCENARIO = "ci"
