"""Messages between the replicas of a store partition, and what a replica says that does not lead.

Requirements: C5.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
from xxhash import xxh3_64_intdigest as digest

from model.wire.base import Wire
from sim.state import Marks

_FORWARDED = digest(b"forwarded")


@lru_cache(maxsize=1 << 15)  # an idle leader says the same again and again, and so do those of other runs
def _key(*fields: object) -> int:
    return digest(" ".join(map(str, fields)).encode())


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A write in the log of a store partition: its leader's term, and its time `at` (µs). No write opens a term."""

    term: int
    at: int
    write: Wire | None


class Replicate(Wire, frozen=True):
    """A leader's message to a follower: entries that follow the one at `before`, and up to where all is committed.

    `number` counts the leader's messages of its term. No entries: it only shows that the leader is there.
    """

    marks = Marks(aside="number")

    term: int
    leader: str
    to: str
    number: int
    before: int
    before_term: int
    entries: tuple[Entry, ...]
    committed: int

    def key(self) -> int:
        return _key("Replicate", self.to, self.term, self.before, len(self.entries))


class Replicated(Wire, frozen=True):
    """A follower's answer to message `number`: it holds the leader's log up to `upto`; or (not `taken`) try after that.

    Number 0 answers a leader of an earlier term.
    """

    marks = Marks(aside="number")

    term: int
    follower: str
    number: int
    upto: int
    taken: bool

    def key(self) -> int:
        return _key("Replicated", self.follower, self.term, self.upto)


class RequestVote(Wire, frozen=True):
    """A candidate asks a replica for its vote; its log has `length` entries, the last one of `last_term`."""

    term: int
    candidate: str
    to: str
    length: int
    last_term: int


class Vote(Wire, frozen=True):
    """A replica's answer to a candidate."""

    term: int
    voter: str
    candidate: str
    granted: bool


class Forwarded(Wire, frozen=True):
    """A write without a caller, which came to a follower, on its way to the leader."""

    write: Wire

    def key(self) -> int:
        return self.write.key() ^ _FORWARDED


class NotLeader(Wire, frozen=True):
    """Nothing was done: this replica doesn't lead; `leader` does, as far as it knows ('': nobody)."""

    leader: str
