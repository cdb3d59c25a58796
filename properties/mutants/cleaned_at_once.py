"""What is kept of a device is given up as soon as it is taken for stuck, and not after as long as the deployment says."""

from model.protocol import variant
from model.store.store import MessageStore


class CleanedAtOnce(MessageStore):
    def cleans(self, stuck_for):
        return True


PROTOCOL = variant("cleaned-at-once", store=CleanedAtOnce)
CAUGHT_BY = "cleaned-devices-come-back-whole"
SCENARIO = "cleaned"
