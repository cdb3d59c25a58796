"""Takes from a simulated history what no client sees: the form in which another system's history comes, for trying it out.

Left are the observable events, the lives of devices, and what whoever runs the experiment says of it (healed, ended, lost for
good). In place of each seq there is an opaque id: two are equal if the seqs were, and nothing else can be told from them. Fields
that an exporter may leave out are left out where the reader fills in the same.

Requirements: V1, R7.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import xxhash

from model.events import DeviceRegistered
from parley.record.reading import OBSERVABLE, is_id
from sim.history import Crashed, Event, Restarted

HEADER: dict[str, Any] = {"parley_history": 1, "records": "observable", "ids": "opaque"}


def observed(history: Iterable[Event]) -> Iterator[bytes]:
    """The lines of the history as clients could have written it, header and line feeds included."""
    encode = msgspec.json.Encoder().encode
    yield encode(HEADER) + b"\n"
    devices: set[str] = set()
    for event in history:
        kind = type(event)
        if isinstance(event, DeviceRegistered):
            devices.add(event.device)
        if kind not in OBSERVABLE or (kind in (Crashed, Restarted) and event.node not in devices):
            continue
        line: dict[str, Any] = {"event": kind.__name__}
        conversation = getattr(event, "conversation", "")
        for name in kind.__struct_fields__:
            value = getattr(event, name)
            if name == "cause":
                continue
            if is_id(kind, name):
                value = opaque(conversation, value)
            line[name] = value
        if line.get("device") == event.node:
            del line["node"]
        yield encode(line) + b"\n"


def opaque(conversation: str, seq: int) -> str:
    """An id for a seq of a conversation; '' for 0, which is none."""
    return f"${xxhash.xxh64_hexdigest(f'{conversation} {seq}'.encode())[:12]}" if seq else ""
