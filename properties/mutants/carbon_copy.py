"""The sending device gets a copy of its own message as well, and shows both (field bug 29)."""

from model.device.device import Device
from model.protocol import variant
from model.servers.worker import DeliveryWorker


class CopiesAll(DeliveryWorker):
    def recipients(self, message, devices):
        return devices


class ShowsCopies(Device):
    def is_duplicate(self, local, message):
        return message.sender != self.user and super().is_duplicate(local, message)


PROTOCOL = variant("carbon-copy", worker=CopiesAll, device=ShowsCopies)
CAUGHT_BY = "shown-once"
SCENARIO = "ci"
