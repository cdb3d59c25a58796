"""An instance that is too busy drops the send, and says nothing."""

from model.servers.service import MessagingService
from model.protocol import variant


class WithoutAWord(MessagingService):
    def tell_to_wait(self, payload, source, wait):
        pass


PROTOCOL = variant("busy-without-a-word", service=WithoutAWord)
CAUGHT_BY = "turned-away-is-told"
SCENARIO = "overload"
