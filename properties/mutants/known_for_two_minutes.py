"""An id is known for two minutes, and a retry does not make them begin anew (field bug 48)."""

from model.protocol import variant
from model.servers.service import MessagingService


class TwoMinutes(MessagingService):
    dedupe_retention = 120_000_000


PROTOCOL = variant("known-for-two-minutes", service=TwoMinutes)
CAUGHT_BY = "one-row-per-message"
SCENARIO = "outlasting"
