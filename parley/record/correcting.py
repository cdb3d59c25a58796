"""Writes a record again as if its clocks were right: times of a device that is off are moved, and lines put in their order.

Requirements: V1.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from parley.record.clocks import Clock
from parley.record.reading import LIMIT, open_history

_INTRODUCES = {"DeviceRegistered": "device", "ConversationOpened": "conversation"}
"""What has to come before every other line that names it."""


@contextmanager
def corrected(path: Path, clocks: Iterable[Clock], middle: int, skew: int) -> Iterator[tuple[Path, array[int]]]:
    """A copy of a record with right clocks, as long as it is needed, and for each of its events the index that it had before.

    `middle`: of the record, in µs. `skew`: how far apart its clocks may still be, in µs. What is no JSON object any more is left
    out: the record was judged before, and is as it was then.
    """
    right = {clock.device: clock.correction(middle) for clock in clocks if clock.wrong and clock.bound != "unsteady"}
    with TemporaryDirectory(prefix="parley-") as folder:
        copy = Path(folder) / "corrected.jsonl"
        times, places = array("q"), array("q")
        with open_history(path) as lines:
            header = msgspec.json.decode(next(lines).removeprefix(b"\xef\xbb\xbf"))
            introduced: dict[tuple[str, str], int] = {}
            for index, line in enumerate(lines):
                if (event := _event(line)) is not None:
                    times.append(_time(event, right, introduced))
                    places.append(index)
        order = array("q", sorted(range(len(times)), key=times.__getitem__))
        with open_history(path) as lines:
            next(lines)
            kept = [line for line in lines if _event(line) is not None]
        with copy.open("wb") as out:
            out.write(msgspec.json.encode({**header, "skew": min(LIMIT, skew)}) + b"\n")
            for at in order:
                out.write(msgspec.json.encode({**msgspec.json.decode(kept[at]), "t": times[at]}) + b"\n")
        del kept
        yield copy, array("q", (places[at] for at in order))


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        event = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("t"), int) else None


def _time(
    event: dict[str, Any], right: Mapping[str, Callable[[int], int]], introduced: dict[tuple[str, str], int]
) -> int:
    """When a line is to be, in µs: not before what introduces those whom it names."""
    device = event.get("node") or event.get("device", "")
    of = right.get(device)
    introduces = _INTRODUCES.get(event.get("event", ""))
    t: int = event["t"] if of is None or introduces else of(event["t"])
    for kind in ("device", "conversation"):
        t = max(t, introduced.get((kind, event.get(kind, "")), 0))
    if introduces:
        introduced[introduces, event.get(introduces, "")] = t
    return t
