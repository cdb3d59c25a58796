"""At the retry limit the task is dropped without a dead letter (field bug 38)."""

from model.protocol import variant
from model.servers.queue import DeliveryQueue


class NoDeadLetter(DeliveryQueue):
    max_attempts = 1

    def keeps_dead_letters(self):
        return False


PROTOCOL = variant("no-dead-letter", queue=NoDeadLetter)
CAUGHT_BY = "every-task-ends"
SCENARIO = "matrix_large"
