"""A device that is told to wait tries again at once. (The limit is one send a second here.)"""

from model.device.device import Device
from model.servers.gateway import Gateway
from model.protocol import variant


class Impatient(Device):
    def wait_after(self, retry_after):
        return 0


class Stingy(Gateway):
    user_rate, user_burst = 1, 1


PROTOCOL = variant("impatient", device=Impatient, gateway=Stingy)
CAUGHT_BY = "retry-after-is-respected"
SCENARIO = "ci"
STORY = "crowd"
