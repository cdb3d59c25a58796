"""Histories as pandas tables, for notebooks and for Parquet or CSV.

Requirements: R7.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
import pandas as pd

from model.events import Connected, Disconnected, Persisted, SendAttempted, SendRequested, Slept, Stored
from sim.history import Crashed, Event


def events(history: Iterable[Event]) -> pd.DataFrame:
    """One row an event: `index`, `event` (its kind), `t` (µs), `node`, `cause`, and a column for each field there is."""
    rows = [{**msgspec.to_builtins(event), "index": index} for index, event in enumerate(history)]
    frame = pd.DataFrame(rows).set_index("index")
    first = ["event", "t", "node", "cause"]
    return frame[first + [column for column in frame.columns if column not in first]].convert_dtypes()


def deliveries(history: Iterable[Event]) -> pd.DataFrame:
    """One row a (message, device): conversation, seq, message, device, via, and times in µs.

    `requested`, `persisted` and `stored` are points in time; `latency` is stored − requested; `online` says whether the
    device was connected from the commit until it had the message. The sending device has via = 'accept'.
    """
    requested: dict[tuple[str, str], int] = {}
    sends: dict[tuple[str, str], tuple[str, str]] = {}
    persisted: dict[tuple[str, int], int] = {}
    connected: dict[str, int] = {}
    rows = []
    for event in history:
        match event:
            case SendRequested():
                requested[event.device, event.send] = event.t
            case SendAttempted():
                sends[event.conversation, event.message] = (event.device, event.send)
            case Persisted():
                persisted[event.conversation, event.seq] = event.t
            case Connected():
                connected[event.device] = event.t
            case Disconnected() | Slept():
                connected.pop(event.device, None)
            case Crashed():
                connected.pop(event.node, None)
            case Stored():
                since = requested.get(sends.get((event.conversation, event.message), ("", "")))
                durable = persisted.get((event.conversation, event.seq))
                up = connected.get(event.device)
                rows.append(
                    {
                        "conversation": event.conversation,
                        "seq": event.seq,
                        "message": event.message,
                        "device": event.device,
                        "via": event.via,
                        "requested": since,
                        "persisted": durable,
                        "stored": event.t,
                        "latency": None if since is None else event.t - since,
                        "online": up is not None and durable is not None and up <= durable,
                    }
                )
    return pd.DataFrame(rows).convert_dtypes()


def write(frame: pd.DataFrame, path: Path) -> None:
    """Writes a table as Parquet or CSV, by the file's ending. Raises ValueError for another one."""
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".csv":
        frame.to_csv(path)
    else:
        raise ValueError(f"{path}: expected a file name that ends with .parquet or .csv")
