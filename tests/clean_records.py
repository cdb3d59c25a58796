"""Records of a chat in which nothing goes wrong, as clients would write them, to be damaged in one way or another."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from typing import Any

Line = dict[str, Any]

USERS = {"ann-phone": "ann", "bob-phone": "bob", "bob-tablet": "bob", "cat-phone": "cat"}
"""Every device, with its user. Phones send."""
RECORDS = (
    "SendRequested", "SendAttempted", "SendAccepted", "SendRefused", "Shown", "Connected", "Disconnected", "Wiped",
    "MemberJoined", "MemberLeft",
)  # fmt: skip
BOUND = 30_000_000


def clean(seed: int, messages: int, *, numbered: bool = False, since: int = 0) -> list[Line]:
    """A chat of so many messages, m1, m2, …, from `since` (µs) on, that are in that order on all screens."""
    draw = random.Random(seed)
    lines: list[Line] = [{"event": "DeviceRegistered", "t": since, "device": d, "user": u} for d, u in USERS.items()]
    lines.append(
        {"event": "ConversationOpened", "t": since, "conversation": "c", "members": [*dict.fromkeys(USERS.values())]}
    )
    lines += [{"event": "Connected", "t": since + 1, "device": device} for device in USERS]
    t = since + 1_000_000
    committed = t
    latest: dict[str, int] = {}
    for number in range(1, messages + 1):
        t += draw.randrange(50_000, 2_000_000)
        device = draw.choice([device for device in USERS if device.endswith("phone")])
        send = {"device": device, "conversation": "c", "send": f"s{number}"}
        message = {"message": f"m{number}"}
        place = {"seq": number} if numbered else {}
        lines.append({"event": "SendRequested", "t": t, **send})
        lines.append({"event": "SendAttempted", "t": t + 1_000, **send, **message})
        committed = max(committed + 1, t + draw.randrange(10_000, 60_000))
        lines.append(
            {"event": "SendAccepted", "t": committed + draw.randrange(10_000, 60_000), **send, **message, **place}
        )
        for screen in USERS:
            latest[screen] = max(committed + draw.randrange(10_000, 150_000), latest.get(screen, 0) + 1)
            shown = {"event": "Shown", "t": latest[screen], "device": screen, "conversation": "c", **message, **place}
            lines.append({**shown, "sender": USERS[device]})
    lines.append({"event": "Healed", "t": t + 1_000_000, "bound": BOUND})
    lines.append({"event": "Ended", "t": t + 1_000_000 + BOUND})
    return in_time(lines)


def in_time(lines: Iterable[Line]) -> list[Line]:
    """The lines in the order of their times."""
    return sorted(lines, key=lambda line: line["t"])


def written(lines: Iterable[Line], *, numbered: bool = False, **header: Any) -> bytes:
    """The record: a header, and a line for each."""
    ids = {} if numbered else {"ids": "opaque"}
    first = {"parley_history": 1, "records": RECORDS, **ids, **header}
    return b"".join(json.dumps(line).encode() + b"\n" for line in (first, *lines))


def shown(lines: Iterable[Line], device: str) -> list[str]:
    """The messages that a device shows, one after the other."""
    return [line["message"] for line in lines if line["event"] == "Shown" and line["device"] == device]
