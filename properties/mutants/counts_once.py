"""A device shows the first counts that it hears of a message, and no later ones."""

from model.device.device import Device
from model.protocol import variant


class CountsOnce(Device):
    def merge_counts(self, shown, told):
        return max(shown, told) if shown[0] != told[0] else shown


PROTOCOL = variant("counts-once", device=CountsOnce)
CAUGHT_BY = "receipt-counts-are-right"
SCENARIO = "matrix_large"
