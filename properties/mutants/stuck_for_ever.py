"""A device that was given up once stays given up, whatever it acks. (A month is 20 s here.)"""

from model.protocol import variant
from model.store.store import MessageStore


class StuckForEver(MessageStore):
    stuck_after, sweep_interval = 20_000_000, 5_000_000

    def returns(self, update):
        return False


PROTOCOL = variant("stuck-for-ever", store=StuckForEver)
CAUGHT_BY = "stuck-devices-return"
SCENARIO = "ci"
STORY = "crowd"
