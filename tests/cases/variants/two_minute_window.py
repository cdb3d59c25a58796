"""An id is known for two minutes from its first arrival: who retries for longer is stored twice."""

from parley.variant import MessagingService, variant


class TwoMinuteWindow(MessagingService):
    dedupe_retention = 120_000_000


PROTOCOL = variant("two-minute-window", service=TwoMinuteWindow)
