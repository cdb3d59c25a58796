"""Histories as pandas tables, for notebooks and for Parquet or CSV.

Requirements: R7.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from model.events import (
    ConversationOpened,
    DeviceRegistered,
    Persisted,
    SendAttempted,
    SendRequested,
    Stored,
)
from reports.metrics.measure import Connections
from sim.history import Event

_EVENT = ("event", "t", "node", "cause")
_DELIVERY = {
    "conversation": "string", "seq": "Int64", "message": "string", "device": "string", "via": "string",
    "requested": "Int64", "persisted": "Int64", "stored": "Int64", "latency": "Int64",
    "online": "boolean", "segment": "string", "region": "string", "access": "string", "type": "string",
}  # fmt: skip


def events(history: Iterable[Event]) -> pd.DataFrame:
    """One row an event: `index`, `event` (its kind), `t` (µs), `node`, `cause`, and a column for each field there is."""
    rows = [msgspec.to_builtins(event) for event in history]
    frame = pd.DataFrame(rows, index=pd.RangeIndex(len(rows), name="index"))
    if frame.empty:
        return pd.DataFrame({"event": "", "t": 0, "node": "", "cause": 0}, index=frame.index).convert_dtypes()
    return frame[[*_EVENT, *(column for column in frame.columns if column not in _EVENT)]].convert_dtypes()


def deliveries(history: Iterable[Event]) -> pd.DataFrame:
    """One row a message stored on a device: conversation, seq, message, device, via, and times in µs.

    `requested`, `persisted` and `stored` are points in time; `latency` is stored − requested. `segment` is online,
    interrupted or offline, as `reports/metrics/measure.py` defines them, and `online` whether it is online; both are empty if the
    commit isn't in the history, and, as `latency`, for what a device stores a second time, after its database was wiped.
    `region` and `access` are the device's, `type` is the conversation's. A sending device's own messages are rows too,
    with via = 'accept' or 'sync'.
    """
    requested: dict[tuple[str, str], int] = {}
    sends: dict[tuple[str, str], tuple[str, str]] = {}
    persisted: dict[tuple[str, int], int] = {}
    devices: dict[str, DeviceRegistered] = {}
    types: dict[str, str] = {}
    connections = Connections()
    held: set[tuple[str, str, int]] = set()
    rows: list[tuple[Any, ...]] = []
    for event in history:
        connections.read(event)
        match event:
            case DeviceRegistered():
                devices[event.device] = event
            case ConversationOpened():
                types[event.conversation] = event.type
            case SendRequested():
                requested[event.device, event.send] = event.t
            case SendAttempted():
                sends[event.conversation, event.message] = (event.device, event.send)
            case Persisted():
                persisted[event.conversation, event.seq] = event.t
            case Stored():
                since = requested.get(sends.get((event.conversation, event.message), ("", "")))
                durable = persisted.get((event.conversation, event.seq))
                stored = (event.device, event.conversation, event.seq)
                again = stored in held
                held.add(stored)
                segment = None if durable is None or again else connections.segment(event.device, durable)
                device = devices.get(event.device)
                rows.append(
                    (
                        event.conversation,
                        event.seq,
                        event.message,
                        event.device,
                        event.via,
                        since,
                        durable,
                        event.t,
                        None if since is None or again else event.t - since,
                        None if segment is None else segment == "online",
                        segment,
                        device.region if device else None,
                        device.access if device else None,
                        types.get(event.conversation),
                    )
                )
    return pd.DataFrame(rows, columns=list(_DELIVERY)).astype(_DELIVERY)


def write(frame: pd.DataFrame, path: Path) -> None:
    """Writes a table as Parquet or CSV, by the file's ending. Raises ValueError for another one."""
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".csv":
        frame.to_csv(path)
    else:
        raise ValueError(f"{path}: expected a file name that ends with .parquet or .csv")
