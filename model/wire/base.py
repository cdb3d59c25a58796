"""The base of all payloads, and the key that says what a payload is.

Each payload has a `key`: an integer that says what it *is* (this message to this device), whichever node sends it.
Latency and luck are drawn by it, so that the same delivery fares alike in two runs that differ elsewhere. The default
hashes the whole payload; what travels most says it more cheaply.
"""

from __future__ import annotations

import msgspec
from xxhash import xxh3_64_intdigest as digest

_encode = msgspec.msgpack.Encoder().encode


class Wire(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Base of all payloads."""

    def key(self) -> int:
        return digest(_encode(self))
