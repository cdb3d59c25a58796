"""Who had nothing to ack for long is given up as soon as something comes. (A month is 20 s here.)"""

from model.protocol import variant
from model.store.store import MessageStore


class StuckTooSoon(MessageStore):
    stuck_after, sweep_interval = 20_000_000, 500_000

    def is_stuck(self, last_ack_time, waiting_since, now):
        return now - last_ack_time >= self.stuck_after


PROTOCOL = variant("stuck-too-soon", store=StuckTooSoon)
CAUGHT_BY = "stuck-is-silent"
SCENARIO = "ci"
STORY = "crowd"
