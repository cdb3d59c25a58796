"""Another answer to each decision of `provider`, and another value of each setting, as docs/decisions.md showed them at 7aa79c4."""

from model.provider import PushProvider
from sim.distributions import Constant


class OtherCollapseKey(PushProvider):
    def collapse_key(self, notification):
        return f"{notification.conversation} {self.now}"


class OtherDelay(PushProvider):
    delay = Constant(value=10_000)


class OtherBurst(PushProvider):
    burst = 40


class OtherRefill(PushProvider):
    refill = 360_000_000


class OtherCollapseKeys(PushProvider):
    collapse_keys = 8
