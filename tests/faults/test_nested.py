"""Faults within faults: what changes nothing does not strike, and nobody's end ends what another one began."""

from __future__ import annotations

from typing import Any

import pytest
from support import SECOND, of, plan

from faults import kinds
from faults.kinds import Fault
from faults.kinds.node.crash import Crash
from faults.kinds.node.hold_down import HoldDown
from faults.kinds.node.region_down import RegionDown
from model.events import Woke
from parley.run import Run
from sim import history as h

NODE = "messaging-1"
PHONE = "bob-phone"


def run(*faults: Any, last: int = 60) -> list[h.Event]:
    outcome = Run(plan(*faults, duration=last * SECOND)).execute()
    assert outcome.violations == []
    return outcome.history


def struck(history: list[h.Event]) -> list[str]:
    return [event.kind for event in history if isinstance(event, h.FaultStarted)]


def times(history: list[h.Event], kind: type[Any], node: str = NODE) -> list[int]:
    """In s."""
    healed = of(history, h.Healed)[0].t
    return [x.t // SECOND for x in of(history, kind, node=node) if x.t < healed]


def _down(kind: str, at: int, until: int) -> Fault:
    at, down = at * SECOND, (until - at) * SECOND
    if kind == "crash":
        return Crash(node=NODE, at=at, down=down)
    if kind == "region_down":
        return RegionDown(region="eu", at=at, down=down)
    return HoldDown(node=NODE, at=at, until="Exhausted", most=down)


@pytest.mark.requirement("F1")
@pytest.mark.parametrize("inner", ["crash", "hold_down"])
@pytest.mark.parametrize("outer", ["crash", "hold_down", "region_down"])
@pytest.mark.parametrize("ends", [12, 30], ids=["ends first", "ends last"])
def test_what_kills_a_dead_node_does_not_strike_and_does_not_start_it(outer: str, inner: str, ends: int) -> None:
    history = run(_down(outer, 10, 20), _down(inner, 11, ends))
    assert struck(history) == [outer]
    assert times(history, h.Crashed) == [10]
    assert times(history, h.Restarted) == [20]


@pytest.mark.requirement("F2")
@pytest.mark.parametrize("ends", [12, 30], ids=["ends first", "ends last"])
def test_a_pause_of_a_dead_node_does_not_strike(ends: int) -> None:
    pause = kinds.Pause(node=NODE, at=11 * SECOND, duration=(ends - 11) * SECOND)
    history = run(_down("crash", 10, 20), pause)
    assert struck(history) == ["crash"]
    assert times(history, h.Restarted) == [20]
    assert times(history, h.Paused) == times(history, h.Resumed) == []


@pytest.mark.requirement("F2")
@pytest.mark.parametrize("ends", [12, 30], ids=["ends first", "ends last"])
def test_a_pause_of_a_paused_node_does_not_strike(ends: int) -> None:
    pauses = [kinds.Pause(node=NODE, at=t * SECOND, duration=(e - t) * SECOND) for t, e in ((10, 20), (11, ends))]
    history = run(*pauses)
    assert struck(history) == ["pause"]
    assert times(history, h.Resumed) == [20]


@pytest.mark.requirement("F1", "F2")
@pytest.mark.parametrize("ends", [12, 30], ids=["ends first", "ends last"])
def test_a_crash_ends_a_pause_and_the_pause_s_end_leaves_the_next_life_alone(ends: int) -> None:
    paused = kinds.Pause(node=NODE, at=10 * SECOND, duration=20 * SECOND - 1)
    again = kinds.Pause(node=NODE, at=29 * SECOND, duration=11 * SECOND)
    history = run(paused, _down("crash", 11, ends), *([again] if ends < 29 else []))
    assert struck(history) == ["pause", "crash", *(["pause"] if ends < 29 else [])]
    assert times(history, h.Restarted) == [ends]
    assert times(history, h.Resumed) == ([40] if ends < 29 else []), "29.999 s is not the end of the second pause"


@pytest.mark.requirement("F1")
def test_two_that_are_armed_at_one_point_do_not_both_kill() -> None:
    both = [kinds.CrashAt(node="store-1", point="committed", down=down * SECOND) for down in (20, 1)]
    history = run(*both, kinds.PauseAt(node="store-1", point="committed", duration=SECOND))
    assert struck(history) == ["crash_at"]
    (died,), (up,) = (of(history, kind, node="store-1") for kind in (h.Crashed, h.Restarted))
    assert up.t - died.t == 20 * SECOND


@pytest.mark.requirement("F8")
@pytest.mark.parametrize(("slept", "killed"), [(20, 30), (30, 20)], ids=["sleep ends first", "sleep ends last"])
def test_an_app_that_is_wiped_in_its_sleep_is_down_for_both(slept: int, killed: int) -> None:
    sleep = kinds.Sleep(device=PHONE, at=10 * SECOND, duration=(slept - 10) * SECOND)
    wipe = kinds.Wipe(device=PHONE, at=11 * SECOND, down=(killed - 11) * SECOND)
    history = run(sleep, wipe, kinds.DropPush(duration=60 * SECOND))
    assert struck(history) == ["drop_push", "sleep", "wipe"]
    assert [*times(history, h.Restarted, PHONE), *times(history, Woke, PHONE)] == [30]


@pytest.mark.requirement("F8")
@pytest.mark.parametrize("inner", [kinds.KillApp(device=PHONE, at=11 * SECOND, down=SECOND), None])
def test_an_app_that_sleeps_is_neither_killed_nor_put_to_sleep(inner: Fault | None) -> None:
    inner = inner or kinds.Sleep(device=PHONE, at=11 * SECOND, duration=SECOND)
    sleep = kinds.Sleep(device=PHONE, at=10 * SECOND, duration=20 * SECOND)
    history = run(sleep, inner, kinds.DropPush(duration=60 * SECOND))
    assert struck(history) == ["drop_push", "sleep"]
    assert times(history, Woke, PHONE) == [30]


@pytest.mark.requirement("F8")
def test_an_app_that_a_push_woke_and_that_dies_then_is_down_for_as_long_as_either_says() -> None:
    sleep = kinds.Sleep(device=PHONE, at=SECOND, duration=99 * SECOND)
    woken = times(run(sleep, last=120), Woke, PHONE)[0]
    kill = kinds.KillApp(device=PHONE, at=(woken + 1) * SECOND, down=5 * SECOND)
    history = run(sleep, kill, last=120)
    assert struck(history) == ["sleep", "kill_app"]
    assert times(history, h.Crashed, PHONE) == [woken + 1]
    assert times(history, h.Restarted, PHONE) == []
    assert times(history, Woke, PHONE) == [woken, 100]


@pytest.mark.requirement("F3", "F4", "F5", "F8")
@pytest.mark.parametrize(
    "idle",
    [
        kinds.FailOver(partition="store-1", at=11 * SECOND, down=SECOND),
        kinds.LoseQuorum(partition="store-1", at=11 * SECOND, down=SECOND),
        kinds.IsolateLeader(partition="store-1", at=11 * SECOND, duration=SECOND),
        kinds.WriteConflict(partition="store-1", at=11 * SECOND),
        kinds.RestartBroker(at=11 * SECOND, down=SECOND),
        kinds.ReconnectStorm(gateway="gateway-1", at=11 * SECOND),
        kinds.Reset(device=PHONE, at=11 * SECOND),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_what_finds_nothing_to_strike_does_not_strike(idle: Fault) -> None:
    outage = kinds.RegionDown(region="eu", at=10 * SECOND, down=10 * SECOND)
    history = run(outage, kinds.Sleep(device=PHONE, at=10 * SECOND, duration=5 * SECOND), idle)
    assert struck(history) == ["region_down", "sleep"]
    assert times(history, h.Restarted, "store-1") == [20]
