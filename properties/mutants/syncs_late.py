"""What the store has written is on its disk up to a second later, and gone if it crashes before."""

from model.protocol import variant
from model.store.store import MessageStore


class SyncsLate(MessageStore):
    sync_every = 1_000_000


PROTOCOL = variant("syncs-late", store=SyncsLate)
CAUGHT_BY = "committed-rows-stay"
SCENARIO = "elections"
