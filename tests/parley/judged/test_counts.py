"""How much is wrong in a record: what is counted agrees with plain arithmetic over its lines."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from clean_records import RECORDS, USERS, Line, clean, in_time, shown, written
from support import ROOT

from parley.judged.again import findings
from parley.judged.counts import AWAY, DISORDER, LOST, NEVER_SENT, PENDING, TWICE, Count, common_order, misplaced
from parley.judged.verifying import verify

pytestmark = pytest.mark.requirement("V1", "R1")


def counted(tmp_path: Path, lines: Sequence[Line], *, numbered: bool = False, **header: Any) -> list[Count]:
    path = tmp_path / "h.jsonl"
    path.write_bytes(written(lines, numbered=numbered, **header))
    return findings(path, verify(path)).counts


def by_device(counts: Sequence[Count], kind: str) -> dict[str, tuple[int, int]]:
    return {count.device: (count.count, count.of) for count in counts if count.kind == kind}


def damaged(seed: int, lines: list[Line]) -> list[Line]:
    """Of each screen some messages are missing, some shown again, and some have changed places with another one."""
    draw = random.Random(seed)
    worse: list[Line] = []
    for line in lines:
        if line["event"] == "Shown" and draw.random() < 0.05:
            continue
        worse.append(line)
        if line["event"] == "Shown" and draw.random() < 0.03:
            worse.append({**line, "t": line["t"] + draw.randrange(1, 3_000_000)})
    of_screen = {device: [line for line in worse if line.get("device") == device] for device in USERS}
    for device in draw.sample([*USERS], 1):
        of_one = [line for line in of_screen[device] if line["event"] == "Shown"]
        for _ in range(3):
            one, other = draw.sample(of_one, 2)
            for name in ("message", "sender", "seq"):
                if name in one:
                    one[name], other[name] = other[name], one[name]
    return in_time(worse)


@pytest.mark.parametrize("numbered", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_what_is_counted_is_what_sets_of_the_record_say(seed: int, numbered: bool, tmp_path: Path) -> None:
    lines = damaged(seed, clean(seed, 60, numbered=numbered))
    counts = counted(tmp_path, lines, numbered=numbered)
    accepted = {line["message"] for line in lines if line["event"] == "SendAccepted"}
    lost, again, disorder = {}, {}, {}
    for device in USERS:
        screen = shown(lines, device)
        lost[device] = len(accepted - set(screen))
        again[device] = len(screen) - len(set(screen))
        first = [int(message[1:]) for message in dict.fromkeys(screen)]
        longest: list[int] = []
        for at, number in enumerate(first):
            longest.append(1 + max((longest[above] for above in range(at) if first[above] < number), default=0))
        disorder[device] = len(first) - max(longest)
        assert len(accepted) == 60
    assert {d: n for d, (n, of) in by_device(counts, LOST).items()} == {d: n for d, n in lost.items() if n}
    assert {of for _, of in by_device(counts, LOST).values()} <= {60}
    assert {d: n for d, (n, _) in by_device(counts, TWICE).items()} == {d: n for d, n in again.items() if n}
    assert {d: n for d, (n, _) in by_device(counts, DISORDER).items()} == {d: n for d, n in disorder.items() if n}


@pytest.mark.parametrize("record", sorted((ROOT / "tests/cases/recorded").glob("*.gz")), ids=lambda path: path.stem)
def test_what_is_counted_of_real_servers_is_what_sets_of_the_record_say(record: Path) -> None:
    with gzip.open(record) as stream:
        _, *lines = [json.loads(line) for line in stream]
    assert not {line["event"] for line in lines} & {"MemberJoined", "MemberLeft", "Wiped"}
    members = {line["conversation"]: line["members"] for line in lines if line["event"] == "ConversationOpened"}
    devices = {line["device"]: line["user"] for line in lines if line["event"] == "DeviceRegistered"}
    due = {(line["conversation"], line["message"]) for line in lines if line["event"] in ("SendAccepted", "Shown")}
    lost = {}
    for device, user in devices.items():
        owed = {(c, m) for c, m in due if user in members[c]}
        lacks = owed - {
            (x["conversation"], x["message"]) for x in lines if x["event"] == "Shown" and x["device"] == device
        }
        if lacks:
            lost[device] = (len(lacks), len(owed))
    counts = findings(record, verify(record)).counts
    assert by_device(counts, LOST) == lost
    assert ("rollback" in record.name or record.name.startswith("mqtt-kill.")) == bool(lost)


def test_nothing_is_counted_where_nothing_is_wrong(tmp_path: Path) -> None:
    assert counted(tmp_path, clean(1, 40)) == []


def test_the_worst_comes_first_with_where_it_begins_and_ends(tmp_path: Path) -> None:
    lines = clean(2, 40)
    lacks = {"bob-tablet": {"m5", "m9", "m30"}, "cat-phone": {f"m{number}" for number in range(20, 25)}}
    left = [line for line in lines if line["event"] != "Shown" or line["message"] not in lacks.get(line["device"], ())]
    twice = [{**line, "t": line["t"] + 1} for line in left if line["event"] == "Shown" and line["message"] == "m2"]
    counts = counted(tmp_path, in_time(left + twice))
    assert [(count.kind, count.device, count.count) for count in counts[:2]] == [
        (LOST, "cat-phone", 5),
        (LOST, "bob-tablet", 3),
    ]
    assert {count.kind for count in counts[2:]} == {TWICE}
    first, last = counts[1].first, counts[1].last
    assert first is not None
    assert last is not None
    assert (first.message, last.message, first.conversation) == ("m5", "m30", "c")
    sending = next(line for line in lines if line["event"] == "SendAttempted" and line["message"] == "m5")
    assert first.t == sending["t"]


def test_what_a_device_lacks_that_is_away_is_not_lost(tmp_path: Path) -> None:
    lines = clean(3, 30)
    late = next(line["t"] for line in lines if line.get("message") == "m21")
    gone = [line for line in lines if line.get("device") != "bob-tablet" or line["t"] < late]
    counts = counted(tmp_path, in_time([*gone, {"event": "Disconnected", "t": late - 1, "device": "bob-tablet"}]))
    assert by_device(counts, AWAY) == {"bob-tablet": (10, 30)}
    assert not by_device(counts, LOST)


def test_what_a_final_read_did_not_bring_is_lost_and_what_came_later_is_not(tmp_path: Path) -> None:
    lines = clean(3, 30)
    late = next(line["t"] for line in lines if line.get("message") == "m26")
    has = [
        line
        for line in lines
        if line.get("device") != "bob-tablet" or (line["t"] < late and line.get("message") not in ("m3", "m4", "m9"))
    ]
    read = {"event": "FinalRead", "t": late - 2, "device": "bob-tablet", "conversation": "c", "messages": []}
    gone = [read, {"event": "Disconnected", "t": late - 1, "device": "bob-tablet"}]
    counts = counted(tmp_path, in_time([*has, *gone]), records=[*RECORDS, "FinalRead"])
    assert by_device(counts, LOST) == {"bob-tablet": (3, 30)}
    assert by_device(counts, AWAY) == {"bob-tablet": (5, 30)}


def test_what_is_on_its_way_is_not_lost(tmp_path: Path) -> None:
    lines = [line for line in clean(4, 20) if line["event"] not in ("Healed", "Ended")]
    some = [line for line in lines if line["event"] != "Shown" or line["message"] != "m20"]
    counts = counted(tmp_path, some)
    assert by_device(counts, PENDING) == dict.fromkeys(USERS, (1, 20))


def test_what_nobody_sent_is_counted_by_who_shows_it(tmp_path: Path) -> None:
    lines = clean(5, 20)
    phantom = [{**line, "message": "x", "t": line["t"] + 1} for line in lines if line.get("message") == "m7"][-1]
    counts = counted(tmp_path, in_time([*lines, phantom]))
    assert by_device(counts, NEVER_SENT) == {phantom["device"]: (1, 0)}


def test_other_promises_are_counted_by_their_names(tmp_path: Path) -> None:
    lines = clean(6, 20)
    refusals = [
        {**line, "event": "SendRefused", "t": line["t"] - 1}
        for line in lines
        if line["event"] == "SendAccepted" and line["message"] in ("m3", "m4")
    ]
    counts = counted(tmp_path, in_time([*lines, *refusals]))
    assert sum(number for number, _ in by_device(counts, "refused").values()) >= 2


@pytest.mark.parametrize("at", ["first", "before", "last"])
def test_what_is_refused_counts_on_every_screen_wherever_the_refusal_comes(at: str, tmp_path: Path) -> None:
    """Each screen that has it is one, and no answer is counted in place of a screen."""
    lines = clean(6, 20)
    (answer,) = (line for line in lines if line["event"] == "SendAccepted" and line["message"] == "m3")
    screens = [line for line in lines if line["event"] == "Shown" and line["message"] == "m3"]
    t = {"first": min(line["t"] for line in screens) - 1, "before": screens[1]["t"], "last": screens[-1]["t"] + 1}[at]
    refusal = {**answer, "event": "SendRefused", "t": t}
    counts = counted(tmp_path, in_time([*(line for line in lines if line is not answer), refusal]))
    assert by_device(counts, "refused") == {line["device"]: (1, 0) for line in screens}


def test_the_order_is_that_of_most_screens() -> None:
    screens = [dict.fromkeys(order, 0) for order in (["a", "c", "b", "d"], ["a", "b", "c", "d"], ["a", "b", "c"])]
    ranks = common_order(screens, ["a", "b", "c", "d"])
    assert sorted(ranks, key=ranks.__getitem__) == ["a", "b", "c", "d"]
    assert misplaced(["a", "c", "b", "d"], ranks) in (["b"], ["c"])
    assert misplaced(["d", "a", "b", "c", "x"], ranks) == ["d"]
    assert misplaced([], ranks) == misplaced(["a", "b", "c", "d"], ranks) == []


def test_of_two_screens_the_one_is_right_that_goes_with_the_sending() -> None:
    screens = [dict.fromkeys(order, 0) for order in (["b", "a"], ["a", "b"])]
    ranks = common_order(screens, ["a", "b"])
    assert ranks["a"] < ranks["b"]


def test_what_the_best_screen_lacks_has_its_place_below_what_is_right_above_it_elsewhere() -> None:
    screens = [dict.fromkeys(order, 0) for order in (["a", "b", "d", "e"], ["a", "b", "c", "d"])]
    ranks = common_order(screens, [])
    assert sorted(ranks, key=ranks.__getitem__) == ["a", "b", "c", "d", "e"]
