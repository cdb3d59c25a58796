"""Histories and their figures as pandas tables, for notebooks and for Parquet or CSV: a view, made when it is asked for.

Whatever is judged is computed without pandas, by `reports/metrics/measure.py`; nothing imports this module before somebody wants
a table. Times are µs, columns of whole numbers are Int64, and what the history doesn't say is empty.

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
from reports.metrics.definitions import DIMENSIONS, METRICS
from reports.metrics.measure import Connections, Metrics, named
from reports.metrics.phases import PHASES
from reports.metrics.table import breakdown
from reports.metrics.table import figures as rows_of
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


def samples(metrics: Metrics) -> pd.DataFrame:
    """One row a sample: `figure` (its name), `value`, `unit`, and a column for each of the dimensions (`DIMENSIONS`).

    A figure that is not kept by all dimensions at once has a phase alone, and `convergence` not even that. The rows of a figure
    are in no particular order.
    """
    rows: list[tuple[Any, ...]] = []
    for cell, values in metrics.cells.items():
        unit, of = METRICS[cell[0]].unit, [None if value == "?" else value for value in cell[1:]]
        rows += [(cell[0], value, unit, *of) for value in values]
    for name, metric in METRICS.items():
        of_phase = {phase: metrics.samples.get(named(name, {"phase": phase}), []) for phase in PHASES}
        whole = metrics.samples.get(name, [])
        by_phase = of_phase if sum(map(len, of_phase.values())) == len(whole) else {None: whole}
        for phase, values in by_phase.items():
            of = [phase if dimension == "phase" else None for dimension in DIMENSIONS]
            rows += [(name, value, metric.unit, *of) for value in values]
    types = {"figure": "string", "value": "Int64", "unit": "string", **dict.fromkeys(DIMENSIONS, "string")}
    return pd.DataFrame(rows, columns=list(types)).astype(types)


def figures(metrics: Metrics) -> pd.DataFrame:
    """One row a line of the report's table and of its breakdown: `figure`, `title`, `unit`, of which part of the figure it is,
    `count`, `p50`, `p95`, `p99`, `max`.

    The part is told by a column for each of the dimensions, and `fault` for a kind of fault: where all are empty, the row is of
    the whole figure. The percentiles are in the figure's unit, and empty where there is no sample.
    """
    types = {
        "figure": "string", "title": "string", "unit": "string", **dict.fromkeys((*DIMENSIONS, "fault"), "string"),
        "count": "Int64", "p50": "Int64", "p95": "Int64", "p99": "Int64", "max": "Int64",
    }  # fmt: skip
    rows = []
    for row in (*rows_of(metrics), *breakdown(metrics)):
        figure, _, told = row.name.partition("[")
        where = dict(part.split("=", 1) for part in told.removesuffix("]").split(",") if part)
        of = [where.get(dimension) for dimension in (*DIMENSIONS, "fault")]
        rows.append((figure, row.title, row.unit, *of, row.count, row.p50, row.p95, row.p99, row.most))
    return pd.DataFrame(rows, columns=list(types)).astype(types)


def write(frame: pd.DataFrame, path: Path) -> None:
    """Writes a table as Parquet or CSV, by the file's ending. Raises ValueError for another one."""
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".csv":
        frame.to_csv(path)
    else:
        raise ValueError(f"{path}: expected a file name that ends with .parquet or .csv")
