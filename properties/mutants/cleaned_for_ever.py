"""What a device acks that was cleaned up is taken for an old story. (A month is 10 s here.)"""

from model.protocol import variant
from model.store.store import MessageStore


class CleanedForEver(MessageStore):
    def takes_back(self, update):
        return False


PROTOCOL = variant("cleaned-for-ever", store=CleanedForEver)
CAUGHT_BY = "cleaned-devices-come-back-whole"
SCENARIO = "cleaned"
