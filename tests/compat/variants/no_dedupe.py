from model.protocol import variant
from model.store import MessageStore


class NoDedupe(MessageStore):
    def find_duplicate(self, rows, append, at):
        return 0


PROTOCOL = variant("no-dedupe", store=NoDedupe)
