"""The store keeps the rows of failures, and raises an alert only when a hundred have gathered."""

from model.protocol import variant
from model.store.store import MessageStore


class FailsInSilence(MessageStore):
    def raises_alert(self, untold):
        return untold >= 100


PROTOCOL = variant("fails-in-silence", store=FailsInSilence)
CAUGHT_BY = "failures-raise-an-alert"
SCENARIO = "given_up"
