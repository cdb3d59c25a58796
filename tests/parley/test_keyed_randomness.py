"""One fault less changes nothing that doesn't follow from it: what shrinking, blame and comparison rest on."""

from __future__ import annotations

import msgspec
import pytest
from support import SECOND, plan

from faults.kinds import DropAt, Sleep
from model.events import Persisted, SendRequested, Shown
from parley.run import Run
from sim.history import Event, FaultEnded, FaultStarted, first_difference

pytestmark = pytest.mark.requirement("V7")

SENDS = tuple((at * SECOND, "alice-phone" if at % 2 else "bob-laptop") for at in range(2, 58, 2)) + tuple(
    (at * SECOND + 500_000, "alice-phone") for at in range(3, 58, 5)
)


def latencies(history: list[Event]) -> dict[tuple[str, str], int]:
    """µs from the request of each message until each device showed it."""
    since = {e.send: e.t for e in history if isinstance(e, SendRequested)}
    return {(e.message, e.device): e.t - since[e.message] for e in history if isinstance(e, Shown)}


def test_dropping_one_push_touches_that_message_alone() -> None:
    sends = tuple((at * SECOND, "alice-phone" if at % 20 else "bob-laptop") for at in range(5, 115, 10))
    lossy = plan(DropAt(kind="PushMessage", a=("*",), b=("bob-phone",), nth=6), sends=sends, duration=120 * SECOND)
    clean = msgspec.structs.replace(lossy, faults=())
    with_fault, without = Run(lossy).execute().history, Run(clean).execute().history

    at = first_difference(with_fault, without)
    assert at is not None
    assert isinstance(with_fault[at], FaultStarted), "the first difference is the fault itself"
    assert at > 80, "the common prefix is long"

    a, b = latencies(with_fault), latencies(without)
    assert a.keys() == b.keys()
    changed = {message for message, device in a if a[message, device] != b[message, device]}
    assert len(changed) == 1, "only the message whose push was dropped came later"
    assert {device for message, device in a if a[message, device] != b[message, device]} == {"bob-phone"}


BUSY = 100
"""µs: nobody waits for a server for longer here."""


def test_the_luck_of_later_messages_outlives_a_device_s_absence() -> None:
    """Bob's phone sleeps for a while: what is sent and shown elsewhere has the same luck, then and later.

    It may wait for a server that is busy with Bob's phone in one of the runs, and not in the other: for some microseconds.
    """
    away = plan(Sleep(at=20 * SECOND, device="bob-phone", duration=15 * SECOND), sends=SENDS)
    there = msgspec.structs.replace(away, faults=())
    with_fault, without = Run(away).execute().history, Run(there).execute().history
    a, b = latencies(with_fault), latencies(without)
    others = [key for key in b if key[1] != "bob-phone"]
    assert len(others) > 60
    waited = [abs(a[key] - b[key]) for key in others]
    assert max(waited) <= BUSY
    assert waited.count(0) > 0.9 * len(others)
    persisted = [[e.t for e in history if isinstance(e, Persisted)] for history in (with_fault, without)]
    assert persisted[0] == persisted[1]
    assert any(a[key] != b[key] for key in b if key[1] == "bob-phone"), "the fault did something"


def test_taking_out_any_one_fault_leaves_everything_before_it_as_it_was() -> None:
    from support import scenario

    from faults.plan import ProtocolRef

    loaded = scenario("ci")
    checked = 0
    for seed in range(1, 12):
        full = loaded.plan(seed, ProtocolRef())
        history = Run(full).execute().history
        for number in range(len(full.faults)):
            faults = tuple(fault for n, fault in enumerate(full.faults) if n != number)
            other = Run(msgspec.structs.replace(full, faults=faults)).execute().history
            start = next((e.t for e in history if isinstance(e, FaultStarted) and e.fault == number), None)
            until = start if start is not None else full.duration + 1
            ours = [e for e in history if e.t < until and not isinstance(e, FaultStarted | FaultEnded)]
            theirs = [e for e in other if e.t < until and not isinstance(e, FaultStarted | FaultEnded)]
            strip = [
                [(type(e), *(getattr(e, f) for f in e.__struct_fields__ if f != "cause")) for e in h]
                for h in (ours, theirs)
            ]
            assert strip[0] == strip[1], f"seed {seed}, fault {number} ({full.faults[number]})"
            checked += 1
    assert checked > 20
