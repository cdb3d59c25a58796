"""A task whose lease came to nothing is given up: one worker's death takes the task with it, and nobody is woken."""

from model.protocol import variant
from model.servers.queue import DeliveryQueue


class GivesUpAtOnce(DeliveryQueue):
    def gives_up(self, attempts):
        return attempts >= 1


PROTOCOL = variant("one-death-is-enough", queue=GivesUpAtOnce)
CAUGHT_BY = "one-lease-is-no-end"
SCENARIO = "ci"
