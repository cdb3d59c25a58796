"""The service forgets to say that only members may send."""

from model.protocol import variant
from model.servers.service import MessagingService


class OpenHouse(MessagingService):
    def members_only(self, send):
        return False


PROTOCOL = variant("forgets-members-only", service=OpenHouse)
CAUGHT_BY = "senders-are-members"
CLIENTS_SEE = "only-members-are-accepted"
SCENARIO = "churn"
