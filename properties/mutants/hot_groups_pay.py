"""Each message has a row for each recipient, whatever the size of the group, and the policy says so."""

from model.fan_out import Hybrid
from model.protocol import variant


class HotGroupsPay(Hybrid):
    def writes_inbox(self, audience):
        return True


PROTOCOL = variant("hot-groups-pay", fan_out=HotGroupsPay)
CAUGHT_BY = "hot-groups-pay-no-rows"
SCENARIO = "ci"
