"""How long presence was shown wrongly, added up by hand; and the level that a scenario asks for."""

from __future__ import annotations

from typing import Any

import pytest
from support import Tale, scenario

from model import events as e
from model.protocol import REFERENCE
from parley.runner import execute
from reports.metrics.measure import Metrics, measure, size_class
from reports.metrics.phases import PHASES, SETTLES
from reports.metrics.summary import CampaignSummary, ScenarioSummary, targets
from reports.metrics.table import breakdown, human
from sim import history as h

pytestmark = pytest.mark.requirement("R1", "R2", "P14")


def shares(*steps: tuple[int, Any, tuple[Any, ...]], end: int) -> dict[str, tuple[int, int]]:
    """The same by phase, of those in which something was watched."""
    counts = record(*steps, end=end).counts
    found = {
        phase: tuple(counts.get(f"{what} µs[phase={phase}]", 0) for what in ("watched", "stale presence"))
        for phase in PHASES
    }
    return {phase: (watched, wrong) for phase, (watched, wrong) in found.items() if watched}


def times(*steps: tuple[int, Any, tuple[Any, ...]], end: int = 100, presence: bool = True) -> tuple[int, int]:
    """The time that was watched, and how much of it was wrong (µs), with only Ann's and Bob's first devices in the record."""
    counts = record(*steps, end=end, presence=presence).counts
    return counts.get("watched µs", 0), counts.get("stale presence µs", 0)


def record(*steps: tuple[int, Any, tuple[Any, ...]], end: int = 100, presence: bool = True) -> Metrics:
    """The figures of a history of these steps and nothing else."""
    tale = Tale()
    del tale.events[:]
    for device, user in (("a1", "ann"), ("b1", "bob")):
        tale.add(e.DeviceRegistered, device, user, "eu", "wifi", t=0)
    tale.add(e.ConversationOpened, "c", "direct", ("ann", "bob"), 0, presence, t=0)
    for t, kind, fields in sorted(steps, key=lambda step: step[0]):
        tale.add(kind, *fields, node="a1" if kind is h.Crashed else "", t=t)
    tale.add(h.Ended, t=end)
    return measure(tale.events)


ANN = (10, e.Connected, ("a1", "g", 1))
BOB = (20, e.Connected, ("b1", "g", 1))
SEEN = (50, e.PresenceShown, ("b1", "ann", True))


def test_who_is_not_shown_who_is_there_is_shown_wrongly() -> None:
    assert times(ANN) == (90, 0), "Bob is not there, and not shown to Ann"
    assert times(BOB, SEEN) == (80, 50), "Ann is shown, and not there"
    assert times(ANN, BOB, SEEN) == (90 + 80, 80 + 30), "Bob is never shown; Ann is, 30 µs late"
    assert times(ANN, BOB, SEEN, (60, e.PresenceShown, ("b1", "ann", False))) == (170, 80 + 30 + 40)
    assert times(SEEN) == (0, 0), "nobody is connected to expect anything"


@pytest.mark.parametrize(
    "over",
    [(e.Disconnected, ("a1", "g", 1, "reset")), (e.Slept, ("a1",)), (h.Crashed, (1, ""))],
    ids=["lost", "asleep", "dead"],
)
def test_what_is_not_connected_expects_nothing(over: tuple[Any, tuple[Any, ...]]) -> None:
    assert times(ANN, BOB, SEEN, (70, *over)) == (60 + 80, 50 + 30 + 30), "Ann is gone at 70, and still shown"
    assert times(ANN, BOB, SEEN, (70, *over), (80, e.Connected, ("a1", "g", 2))) == (60 + 20 + 80, 50 + 20 + 30 + 10)


def test_an_app_that_is_over_shows_nobody() -> None:
    seen = (20, e.PresenceShown, ("b1", "ann", True))
    again = (60, e.Connected, ("b1", "g", 2))
    for over, wrong in (((e.Slept, ("b1",)), 40), ((e.Disconnected, ("b1", "g", 1, "reset")), 0)):
        steps = (ANN, BOB, seen, (50, *over), again)
        shown_wrongly_by_bob = times(*steps)[1] - times(ANN, BOB, (50, *over), again)[1]
        assert shown_wrongly_by_bob == -(30 + 40) + wrong


def test_calm_and_faulted_time_are_apart() -> None:
    """A fault from 40 to 60 s: what is after it counts as calm again from three minutes after it."""
    s, after = 1_000_000, 60_000_000 + SETTLES
    fault = (40 * s, h.FaultStarted, (0, "loss", False)), (60 * s, h.FaultEnded, (0, "loss"))
    seen = (90 * s, e.PresenceShown, ("b1", "ann", True))
    told = shares(ANN, BOB, seen, *fault, end=after + 30 * s)
    assert told["calm"] == (2 * (70 * s) - 30, 70 * s - 20 + 40 * s - 20), "Bob is never shown, Ann is from 90 s on"
    assert told["faults"] == (40 * s, 40 * s)
    assert told["after"] == (2 * SETTLES, SETTLES + 30 * s)
    assert shares(ANN, BOB, seen, fault[0], (60 * s, h.Healed, (1,)), end=after + 30 * s) == told
    assert shares(ANN, BOB, seen, end=100 * s).keys() == {"calm"}


def test_a_second_device_changes_nothing() -> None:
    other = (30, e.DeviceRegistered, ("a2", "ann", "eu", "wifi"))
    also = (40, e.Connected, ("a2", "g", 1))
    left = (90, e.Disconnected, ("a1", "g", 1, "reset"))
    watched, wrong = times(ANN, BOB, SEEN, other, also, left)
    assert (watched, wrong) == (80 + 80 + 60, 70 + 30 + 60)
    assert times(ANN, BOB, SEEN, other, (45, e.Connected, ("a1", "g", 2))) == times(ANN, BOB, SEEN)


def test_what_is_no_company_is_not_watched() -> None:
    assert times(ANN, BOB, SEEN, presence=False) == (0, 0)
    assert times((10, e.Connected, ("x1", "g", 1)), (20, e.Slept, ("x1",))) == (0, 0)


def test_a_scenario_can_ask_for_a_share() -> None:
    campaign = CampaignSummary("reference")
    for asked, wrong, met in ((250_000, 1, True), (249_999, 1, False), (250_000, 2, False)):
        metrics = Metrics({}, {"watched µs": 4, "stale presence µs": wrong})
        summary = ScenarioSummary("s", "S", 1, 1, campaign=True, metrics=metrics)
        summary.targets = {"presence_staleness_rate": asked}
        campaign.scenarios = [summary]
        (target,) = targets(campaign)
        assert (target.title, target.unit, target.value, target.met) == (
            "presence shown wrongly",
            "ppm",
            wrong * 250_000,
            met,
        )
    summary.metrics = Metrics({}, {})
    assert targets(campaign)[0].met is None
    assert human(123_456, "ppm") == "12.35%"


def test_each_size_has_its_class() -> None:
    sizes = {1: "2", 2: "2", 3: "3-10", 10: "3-10", 11: "11-100", 100: "11-100", 101: "101-1000", 1000: "101-1000"}
    assert {size: size_class(size) for size in sizes} == sizes
    assert size_class(1001) == "over 1000"


def test_a_delivery_counts_where_its_device_is_and_in_the_phase_that_it_comes_in() -> None:
    tale = Tale()
    tale.add(e.Connected, "a1", "g", 1, "edge-1")
    tale.add(e.Connected, "b1", "g", 1, "edge-1")

    def deliver(seq: int) -> None:
        tale.add(e.SendRequested, "a1", "c", f"s{seq}", seq)
        tale.add(e.SendAttempted, "a1", "c", f"s{seq}", f"m{seq}", 1)
        tale.add(e.Persisted, "c", seq, f"m{seq}", "ann", "a1", node="store")
        tale.add(e.Stored, "b1", "c", seq, f"m{seq}", "push")

    deliver(1)
    tale.add(h.FaultStarted, 1, "loss", False, node="faults")
    deliver(2)
    deliver(3)
    tale.add(h.FaultEnded, 1, "loss", node="faults")
    deliver(4)
    tale.add(e.Connected, "b1", "h", 2, "edge-2")
    deliver(5)
    tale.add(h.Healed, 1, node="run")
    deliver(6)
    rows = {
        row.title.removeprefix("online: "): row.count
        for row in breakdown(measure(tale.events))
        if row.title.startswith("online: ")
    }
    assert rows == {
        "access = wifi": 6, "cluster = edge-1": 4, "cluster = edge-2": 2, "phase = calm": 1, "phase = faults": 2,
        "phase = after": 3, "region = eu": 6, "size = 2": 6, "type = direct": 6,
    }  # fmt: skip


def test_a_run_says_in_which_cluster_a_device_is() -> None:
    history = execute(scenario("w2").plan(1), REFERENCE).history
    assert {each.cluster for each in history if isinstance(each, e.Connected)} == {"edge-alice", "edge-bob"}
    assert "offline: cluster = edge-bob" in {row.title for row in breakdown(measure(history))}
