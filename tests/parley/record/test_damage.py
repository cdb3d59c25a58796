"""What is done to a clean record is told, whether its readers logged off at the end or not; a clean record is never accused.

Told is that a promise is violated, or that something is owed and nobody saw what became of it, which stops a pass. The clean
records are what clients observe of simulated runs, and one that is written by hand, as an exporter of another system would.

Requirements: V1.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support import scenario

from model.protocol import REFERENCE
from parley import exits, variants
from parley.judged.verifying import Verified, verify
from parley.record.observing import observed
from parley.runner import execute
from sim.verdicts import VIOLATED

pytestmark = pytest.mark.requirement("V1")

Line = dict[str, Any]
Record = list[Line]
SIMULATED = (("w1", 1), ("ci", 2), ("ci", 3), ("churn", 1), ("push", 4))
LOGGED_OFF = ("to the end", "logged off")
PLACES = ("seq", "to", "upto", "got", "have", "after")


@cache
def simulated(name: str, seed: int) -> tuple[bytes, ...]:
    return tuple(observed(execute(scenario(name).plan(seed, variants.reference_of("")), REFERENCE).history))


def over(lines: Record) -> Record:
    """The record, ended when the time of its Healed is up."""
    healed = next(line for line in lines if line.get("event") == "Healed")
    last = max(line["t"] for line in lines[1:])
    ended = max(
        healed["t"] + healed["bound"],
        *(line["t"] + 2 * line["bound"] for line in lines if line.get("event") == "Probed"),
        last,
    )
    return [*(line for line in lines if line.get("event") != "Ended"), {"event": "Ended", "t": ended + 1}]


def by_hand() -> Record:
    """Ann writes, Bob answers, and three devices show it, store it, move their cursors and their marks."""
    lines: Record = [
        {"parley_history": 1, "records": "observable", "ids": "opaque"},
        *({"event": "DeviceRegistered", "t": 0, "device": device, "user": device.split("-")[0]} for device in DEVICES),
        {"event": "ConversationOpened", "t": 0, "conversation": "c", "members": ["ann", "bob"]},
        *({"event": "Connected", "t": 10_000, "device": device} for device in DEVICES),
    ]
    for i in range(1, 9):
        at, sender = i * 1_000_000, ("ann-phone", "bob-phone")[i % 3 == 0]
        said = {"conversation": "c", "device": sender, "send": f"s{i}"}
        lines += [
            {"event": "SendRequested", "t": at, **said},
            {"event": "SendAttempted", "t": at + 1_000, **said, "message": f"m-{i}"},
            {"event": "SendAccepted", "t": at + 50_000, **said, "message": f"m-{i}"},
        ]
        for n, device in enumerate(DEVICES):
            here = {"device": device, "conversation": "c"}
            then = at + 60_000 + 1_000 * n
            lines += [
                {"event": "Stored", "t": then, **here, "message": f"m-{i}", "via": "push"},
                {"event": "CursorMoved", "t": then, **here, "to": f"m-{i}"},
                {"event": "Shown", "t": then, **here, "message": f"m-{i}", "sender": sender.split("-")[0]},
            ]
            if device.split("-")[0] != sender.split("-")[0]:
                lines += [
                    {"event": "UnreadShown", "t": then, **here, "unread": 1},
                    {"event": "ReadMarkMoved", "t": then + 200_000, **here, "to": f"m-{i}", "by": device},
                    {"event": "UnreadShown", "t": then + 200_000, **here, "unread": 0},
                ]
    lines = [lines[0], *sorted(lines[1:], key=lambda line: line["t"])]
    return over([*lines, {"event": "Healed", "t": 12_000_000, "bound": 5_000_000}])


DEVICES = ("ann-phone", "bob-phone", "bob-laptop")


def clean(which: tuple[str, int] | str) -> Record:
    if isinstance(which, str):
        return by_hand()
    return over([json.loads(line) for line in simulated(*which)])


def logged_off(lines: Record) -> Record:
    """All devices log off before the end, as people do."""
    end = lines[-1]["t"]
    devices = [line["device"] for line in lines if line.get("event") == "DeviceRegistered"]
    return [
        *lines[:-1],
        *({"event": "Disconnected", "t": end, "device": device, "why": "closed"} for device in devices),
        lines[-1],
    ]


def judged(path: Path, lines: Record) -> Verified:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return verify(path)


def told(found: Verified) -> bool:
    return exits.of_verdicts(found.verdicts) != 0


# --- what is done ----------------------------------------------------------------------------------------------------


def shows(lines: Record) -> Iterator[tuple[str, str, list[str]]]:
    """Conversations and devices that show something in them, with what, in order."""
    found: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        if line.get("event") == "Shown":
            found.setdefault((line["conversation"], line["device"]), []).append(line["message"])
    yield from ((*which, messages) for which, messages in found.items())


def sent(lines: Record) -> dict[str, str]:
    """By message that was accepted: the device that sent it."""
    attempts = {line["message"]: line["device"] for line in lines if line.get("event") == "SendAttempted"}
    accepted = {line["message"] for line in lines if line.get("event") == "SendAccepted"}
    return {message: device for message, device in attempts.items() if message in accepted}


def target(lines: Record, place: Callable[[int], int]) -> tuple[str, str, str]:
    """A conversation, a device whose user was in it all along, and a message of somebody else at that place of what it shows."""
    senders = sent(lines)
    users = {line["device"]: line["user"] for line in lines if line.get("event") == "DeviceRegistered"}
    turned = {
        (line["conversation"], line["user"]) for line in lines if line.get("event") in ("MemberJoined", "MemberLeft")
    }
    for conversation, device, messages in sorted(shows(lines), key=lambda each: -len(each[2])):
        others = [message for message in messages if senders.get(message, device) != device and message in senders]
        if len(others) >= 3 and (conversation, users[device]) not in turned:
            return conversation, device, others[place(len(others))]
    raise AssertionError("no device shows enough of others")


def without_a_trace(lines: Record, message: str, devices: set[str]) -> Record:
    """Without what these devices say of a message: that they got it, show it, or point to it."""
    ids = {message, *(line["seq"] for line in lines if line.get("message") == message and line.get("seq"))}

    def tells(line: Line) -> bool:
        if line.get("device") not in devices or line["event"].startswith("Send"):
            return False
        return line.get("message") == message or any(line.get(place) in ids for place in PLACES)

    return [line for line in lines if not tells(line)]


def all_but(lines: Record, device: str) -> set[str]:
    return {line["device"] for line in lines if line.get("event") == "DeviceRegistered"} - {device}


def lost_at_the_end(lines: Record) -> Record:
    conversation, _device, _ = target(lines, lambda many: -1)
    last = [message for where, who, messages in shows(lines) if where == conversation for message in messages[-1:]]
    message = max(last, key=lambda each: next(i for i, line in enumerate(lines) if line.get("message") == each))
    return without_a_trace(lines, message, all_but(lines, sent(lines).get(message, "")))


def lost_in_the_middle(lines: Record) -> Record:
    _, _device, message = target(lines, lambda many: many // 2)
    return without_a_trace(lines, message, all_but(lines, sent(lines)[message]))


def lost_on_one_screen(lines: Record) -> Record:
    _, device, message = target(lines, lambda many: many // 2)
    return without_a_trace(lines, message, {device})


def lost_on_all(lines: Record) -> Record:
    _, _, message = target(lines, lambda many: many // 3)
    return without_a_trace(lines, message, all_but(lines, ""))


def shown_twice(lines: Record) -> Record:
    _, device, message = target(lines, lambda many: many // 2)
    at = next(
        i
        for i, line in enumerate(lines)
        if line.get("event") == "Shown" and line["device"] == device and line["message"] == message
    )
    return [*lines[: at + 1], lines[at], *lines[at + 1 :]]


def two_swapped(lines: Record) -> Record:
    conversation, device, message = target(lines, lambda many: many // 2)
    mine = [
        i
        for i, line in enumerate(lines)
        if line.get("event") == "Shown" and line["device"] == device and line["conversation"] == conversation
    ]
    place = next(n for n, i in enumerate(mine) if lines[i]["message"] == message)
    first, second = mine[place - 1], mine[place]
    damaged = [*lines]
    damaged[first], damaged[second] = (
        {**lines[second], "t": lines[first]["t"]},
        {**lines[first], "t": lines[second]["t"]},
    )
    return damaged


def accepted_without_a_row(lines: Record) -> Record:
    _conversation, _device, message = target(lines, lambda many: many // 2)
    sender = sent(lines)[message]
    at = next(i for i, line in enumerate(lines) if line.get("event") == "SendAccepted" and line["message"] == message)
    said = {
        "t": lines[at]["t"],
        "device": sender,
        "conversation": lines[at]["conversation"],
        "send": "lost",
        "number": 10_000,
    }
    request = {"event": "SendRequested", **said}
    del said["number"]
    more = [request, *({"event": kind, **said, "message": "lost-1"} for kind in ("SendAttempted", "SendAccepted"))]
    return [*lines[: at + 1], *more, *lines[at + 1 :]]


def phantom(lines: Record) -> Record:
    _conversation, device, message = target(lines, lambda many: many // 2)
    at = next(
        i
        for i, line in enumerate(lines)
        if line.get("event") == "Shown" and line["device"] == device and line["message"] == message
    )
    ghost = {**lines[at], "message": "nobody-1", "seq": "$nobody" if lines[at].get("seq") else ""}
    return [*lines[: at + 1], ghost, *lines[at + 1 :]]


def cursor_ahead(lines: Record) -> Record:
    conversation, device, message = target(lines, lambda many: -1)
    ahead = next(
        line["to"]
        for line in lines
        if line.get("event") == "CursorMoved"
        and line["device"] == device
        and line["conversation"] == conversation
        and line["to"]
        in {message, *(line["seq"] for line in lines if line.get("message") == message and line.get("seq"))}
    )
    at = next(
        i
        for i, line in enumerate(lines)
        if line.get("event") in ("Stored", "Shown") and line.get("device") == device and line["message"] == message
    )
    before = next(
        i
        for i, line in enumerate(lines)
        if line.get("event") == "CursorMoved" and line["device"] == device and line["conversation"] == conversation
    )
    assert before < at
    return [*lines[: before + 1], {**lines[before], "to": ahead}, *lines[before + 1 :]]


def stale_badge(lines: Record) -> Record:
    """A badge counts what others have sent, and nothing of what was read there meanwhile."""
    last: dict[tuple[str, str, str], int] = {}
    over: dict[str, int] = {}
    for i, line in enumerate(lines):
        if line.get("event") in ("UnreadShown", "ReadMarkMoved"):
            last[line["event"], line["device"], line["conversation"]] = i
        elif line.get("event") in ("Slept", "Crashed", "Wiped", "Restored"):
            over[line.get("device") or line["node"]] = i
    turned = {line["conversation"] for line in lines if line.get("event") in ("MemberJoined", "MemberLeft")}
    senders = sent(lines)
    for conversation, device, messages in shows(lines):
        at, marked = (last.get((kind, device, conversation), 0) for kind in ("UnreadShown", "ReadMarkMoved"))
        if at and marked and over.get(device, 0) < min(at, marked) and conversation not in turned:
            others = sum(senders.get(message, device).split("-")[0] != device.split("-")[0] for message in messages)
            return [*lines[:at], {**lines[at], "unread": others}, *lines[at + 1 :]]
    pytest.skip("nobody has read anything")


def wrong_clock(lines: Record) -> Record:
    """The device that shows most is an hour behind."""
    _, device, _ = target(lines, lambda many: -1)
    moved = [
        {**line, "t": line["t"] + HOUR} if line.get("device") != device and "t" in line else line for line in lines[1:]
    ]
    first = [
        line for line in moved if line["event"] in ("DeviceRegistered", "ConversationOpened") and line["t"] in (0, HOUR)
    ]
    rest = [line for line in moved if line not in first]
    return [lines[0], *({**line, "t": 0} for line in first), *sorted(rest, key=lambda line: line["t"])]


HOUR = 3_600_000_000
DAMAGE: dict[str, Callable[[Record], Record]] = {
    "a message lost at the end": lost_at_the_end,
    "a message lost in the middle": lost_in_the_middle,
    "a message lost on one screen": lost_on_one_screen,
    "a message lost on all screens": lost_on_all,
    "shown twice": shown_twice,
    "two swapped": two_swapped,
    "an accept without a row": accepted_without_a_row,
    "a phantom": phantom,
    "a cursor ahead": cursor_ahead,
    "a stale badge": stale_badge,
    "a wrong clock": wrong_clock,
}
CLEAN: tuple[tuple[str, int] | str, ...] = (*SIMULATED, "by hand")
DAMAGED: tuple[tuple[str, int] | str, ...] = (("ci", 3), ("churn", 1), "by hand")
"""Those to which all of it is done."""


@pytest.mark.parametrize("which", CLEAN, ids=str)
def test_a_clean_record_is_not_accused(which: tuple[str, int] | str, tmp_path: Path) -> None:
    """With its readers there to the end it passes; logged off with all on their screens, nothing is said to be broken."""
    lines = clean(which)
    assert not told(judged(tmp_path / "clean.jsonl", lines))
    found = judged(tmp_path / "off.jsonl", logged_off(lines))
    assert found.names(VIOLATED) == []


@pytest.mark.parametrize("off", LOGGED_OFF)
@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("which", DAMAGED, ids=str)
def test_what_is_done_to_a_record_is_told(which: tuple[str, int] | str, damage: str, off: str, tmp_path: Path) -> None:
    lines = DAMAGE[damage](clean(which))
    assert told(judged(tmp_path / "damaged.jsonl", logged_off(lines) if off == "logged off" else lines))


def read_to_the_end(lines: Record) -> Record:
    """All devices read what the server keeps to its end, and log off: of somebody else's server."""
    end = lines[-1]["t"]
    read = ({"event": "FinalRead", "t": end - 1, "device": device, "conversation": "c"} for device in DEVICES)
    return logged_off([*lines[:-1], *read, lines[-1]])


def test_a_clean_record_of_who_read_to_the_end_and_logged_off_passes(tmp_path: Path) -> None:
    assert not told(judged(tmp_path / "clean.jsonl", read_to_the_end(by_hand())))


@pytest.mark.parametrize("damage", [damage for damage in DAMAGE if "lost" in damage or "row" in damage])
def test_what_is_lost_is_no_guess_where_readers_read_to_the_end(damage: str, tmp_path: Path) -> None:
    """And logged off: it is violated, and not only unknown."""
    found = judged(tmp_path / "damaged.jsonl", read_to_the_end(DAMAGE[damage](by_hand())))
    assert "what-was-accepted-is-shown" in found.names(VIOLATED)
