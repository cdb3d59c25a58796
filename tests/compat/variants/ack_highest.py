from model.device import Device
from model.protocol import variant


class AckHighest(Device):
    def next_cursor(self, cursor, waiting):
        return max(cursor, *waiting)


PROTOCOL = variant("ack-highest", device=AckHighest)
