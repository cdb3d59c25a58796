"""A task whose lease has expired is taken for done: what its worker had not pushed is pushed by nobody (field bug 38)."""

from model.protocol import variant
from model.servers.queue import DeliveryQueue


class GoneWithItsLease(DeliveryQueue):
    def after_expiry(self, attempts):
        return "gone"


PROTOCOL = variant("gone-with-its-lease", queue=GoneWithItsLease)
CAUGHT_BY = "every-task-ends"
SCENARIO = "ci"
