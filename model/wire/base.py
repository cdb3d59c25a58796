"""The base of all payloads, and the key that says what a payload is.

Each payload has a `key`: an integer that says what it *is* (this message to this device), whichever node sends it.
Latency and luck are drawn by it, so that the same delivery fares alike in two runs that differ elsewhere. The default
hashes the whole payload; what travels most says it more cheaply.
"""

from __future__ import annotations

from typing import Any

import msgspec
from xxhash import xxh3_64_intdigest as digest

from sim.registry import Registry

_encode = msgspec.msgpack.Encoder().encode


WIRE_TYPES: Registry[type[Wire]] = Registry("wire type")
"""All payloads of the model by name, in the order of `ROUTES` once that is known (`model/wire/routes.py`)."""

_MODEL = __name__.partition(".")[0]


class Wire(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Base of all payloads."""

    def __init_subclass__(cls) -> None:
        """Registers a payload of the model, which needs its route: faults are aimed by it."""
        if cls.__module__.partition(".")[0] == _MODEL:
            WIRE_TYPES.add(cls.__name__, cls, cls.__module__)

    def key(self) -> int:
        return digest(_encode(self))


def names_of(payload: Any) -> tuple[str, ...]:
    """What a payload is called: by the name of its type and, if a variant made that from one of the model, by that one's, too."""
    kind = type(payload)
    names = _NAMES.get(kind)
    if names is None:
        bases = (base.__name__ for base in kind.__mro__ if issubclass(base, Wire) and base is not Wire)
        names = _NAMES[kind] = tuple(bases) or (kind.__name__,)
    return names


_NAMES: dict[type, tuple[str, ...]] = {}
