"""Who is there is not shown as gone for long, nor who has gone as there: each condition, from both of its sides."""

from __future__ import annotations

from typing import Any

import pytest
from support import ROOT, Tale

from model.events import (
    Connected,
    ConversationOpened,
    DeviceRegistered,
    Disconnected,
    PresenceShown,
    Slept,
    Wiped,
)
from parley.commands.verify import verify
from parley.record.reading import OBSERVABLE
from properties.base import Liveness
from properties.judge import Judge
from properties.record_scope import RecordScope
from sim.history import Crashed, Ended, FaultEnded, FaultStarted, Healed, Paused, Restarted, Resumed

pytestmark = pytest.mark.requirement("P14", "G3", "V1")

NAME = "presence-is-shown-in-time"
HISTORIES = ROOT / "tests" / "cases" / "histories"
SECOND = 1_000_000
SOON, LAPSED, UNNOTICED = 30 * SECOND, 120 * SECOND, 100 * SECOND


@pytest.mark.parametrize("name", ["shown-offline-while-connected", "shown-online-while-gone"])
def test_a_record_of_wrong_presence(name: str) -> None:
    assert NAME in {violation.property for violation in verify(HISTORIES / f"{name}.jsonl").violations}


class Company:
    """b1 is connected at 1 s and shows Ann as offline, a1 comes at 10 s; steps at times in seconds, and at last the end."""

    def __init__(self, *steps: tuple[float, Any], end: int, skew: int = 0, before: tuple[Any, ...] = ()) -> None:
        self.tale, self.skew = Tale(), skew
        for kind, *fields in before:
            self.tale.add(kind, *fields)
        self.at(1, (Connected, "b1", "g", 1))
        self.at(1, (PresenceShown, "b1", "ann", False))
        self.at(10, (Connected, "a1", "g", 1))
        self.at(10, (PresenceShown, "a1", "bob", True))
        for at, step in steps:
            self.at(at, step)
        self.end = self.tale.add(Ended, node="run", t=end)

    def at(self, at: float, step: Any) -> None:
        kind, *fields = step
        node = "x" if kind in (FaultStarted, FaultEnded, Healed, Paused, Resumed) else ""
        if kind in (Crashed, Restarted):
            node, *fields = fields
        self.tale.add(kind, *fields, node=node, t=int(at * SECOND))

    def said(self) -> list[tuple[str, tuple[int, ...]]]:
        judge = Judge(scope=RecordScope(skew=self.skew))
        judge.advance(self.tale.events)
        found = [(v.message, v.evidence) for v in judge.violations if v.property == NAME]
        return [
            (message, evidence) for message, evidence in found if message.startswith("b1 ")
        ]  # the others watch, too


def said(*steps: tuple[float, Any], end: int, **more: Any) -> list[str]:
    return [message for message, _ in Company(*steps, end=end, **more).said()]


HERE = "b1 shows ann as offline, who is connected"
GONE = "b1 shows ann as online, who has long gone"
SHOWN = (PresenceShown, "b1", "ann", True)
HIDDEN = (PresenceShown, "b1", "ann", False)


@pytest.mark.parametrize("late", [0, 1])
def test_whoever_comes_is_shown_in_time(late: int) -> None:
    assert said(end=10 * SECOND + SOON + late) == [HERE] * late
    assert said((11, SHOWN), (50, HIDDEN), end=50 * SECOND + SOON + late) == [HERE] * late
    assert said(end=10 * SECOND + SOON + 2_000 + late, skew=1_000) == [HERE] * late


def test_the_proof_is_the_connection_and_what_is_shown() -> None:
    its = Company((11, SHOWN), (50, HIDDEN), (200, SHOWN), end=201 * SECOND)
    connected, _, _, hidden, shown = range(its.end - 5, its.end)
    assert its.said() == [(HERE, (connected, hidden, shown))]


@pytest.mark.parametrize("late", [0, 1])
@pytest.mark.parametrize("how", [(Slept, "a1"), (Disconnected, "a1", "g", 1, "reset"), (Crashed, "a1", 1, "")])
def test_whoever_goes_is_shown_in_time(late: int, how: Any) -> None:
    assert said((11, SHOWN), (50, how), end=50 * SECOND + LAPSED + late) == [GONE] * late
    assert said((11, SHOWN), (50, how), (90, HIDDEN), end=500 * SECOND) == []
    assert said((11, HIDDEN), (12, SHOWN), (50, how), (60, SHOWN), end=60 * SECOND + LAPSED + late) == [GONE] * late


def test_who_was_never_there_is_not_online() -> None:
    tale = Tale()
    tale.add(Connected, "b1", "g", 1, t=SECOND)
    tale.add(PresenceShown, "b1", "ann", True)
    tale.add(Ended, node="run", t=200 * SECOND)
    judge = Judge()
    judge.advance(tale.events)
    assert [v.message for v in judge.violations if v.property == NAME] == [GONE]


SECOND_DEVICE = (DeviceRegistered, "a2", "ann", "eu", "wifi")


def test_another_device_keeps_its_user_there() -> None:
    """... and counts from when it was connected, if the first one goes."""
    before = (SECOND_DEVICE,)
    assert (
        said((11, SHOWN), (20, (Connected, "a2", "g", 1)), (50, (Slept, "a1")), end=500 * SECOND, before=before) == []
    )
    later = ((11, SHOWN), (20, (Connected, "a2", "g", 1)), (50, (Slept, "a1")), (60, HIDDEN))
    assert said(*later, end=60 * SECOND + SOON, before=before) == []
    assert said(*later, end=60 * SECOND + SOON + 1, before=before) == [HERE]


@pytest.mark.parametrize(
    "end", [(Slept, "b1"), (Disconnected, "b1", "g", 1, "reset"), (Crashed, "b1", 1, ""), (Wiped, "b1", 2)]
)
def test_only_who_is_connected_is_asked(end: Any) -> None:
    assert said((20, end), end=500 * SECOND) == []


def test_an_app_that_was_closed_shows_nobody() -> None:
    """It has to be told again, and is asked nothing until it says something."""
    back = ((11, SHOWN), (20, (Slept, "b1")), (200, (Connected, "b1", "g", 2)))
    assert said(*back, end=500 * SECOND) == []
    assert said(*back, (201, HIDDEN), end=201 * SECOND + SOON) == []
    assert said(*back, (201, HIDDEN), end=201 * SECOND + SOON + 1) == [HERE]
    assert said(*back, (201, SHOWN), end=500 * SECOND) == []


@pytest.mark.parametrize("late", [0, 1])
@pytest.mark.parametrize(
    "what",
    [
        (Disconnected, "z1", "g", 1, "reset"),
        (Crashed, "gateway", 1, ""),
        (Restarted, "gateway", 2),
        (Paused,),
        (Resumed, 1),
        (FaultEnded, 7, "crash"),
        (Wiped, "z1", 2),
    ],
)
def test_what_disturbs_puts_it_off(what: Any, late: int) -> None:
    assert said((12, what), end=12 * SECOND + UNNOTICED + SOON + late) == [HERE] * late
    gone = ((11, SHOWN), (20, (Slept, "a1")), (60, what))
    assert said(*gone, end=60 * SECOND + LAPSED + late) == [GONE] * late


def test_sleep_disturbs_nobody() -> None:
    assert said((12, (Slept, "z1")), end=10 * SECOND + SOON + 1) == [HERE]


@pytest.mark.parametrize("over", [(FaultEnded, 1, "crash"), (Healed, 5)])
@pytest.mark.parametrize("late", [0, 1])
def test_while_a_fault_is_on_nothing_is_asked(over: Any, late: int) -> None:
    on = (12, (FaultStarted, 1, "crash", False))
    assert said(on, end=900 * SECOND) == []
    assert said(on, (20, over), end=20 * SECOND + UNNOTICED + SOON + late) == [HERE] * late
    two = (on, (13, (FaultStarted, 2, "crash", False)), (20, (FaultEnded, 1, "crash")))
    assert said(*two, end=900 * SECOND) == []


def test_healing_where_nothing_was_wrong_changes_nothing() -> None:
    assert said((12, (Healed, 5)), end=10 * SECOND + SOON + 1) == [HERE]


def test_what_is_overdue_before_the_disturbance_is_told() -> None:
    for what in (
        (FaultStarted, 1, "crash", False),
        (Disconnected, "z1", "g", 1, "reset"),
        (Slept, "b1"),
        (Healed, 5),
        (Paused,),
    ):
        assert said((60, what), end=61 * SECOND) == [HERE]


@pytest.mark.parametrize(("people", "crowd"), [(101, True), (100, False)])
def test_a_crowd_is_told_by_digests(people: int, crowd: bool) -> None:
    others = tuple(f"u{each}" for each in range(people - 2))
    group = (ConversationOpened, "big", "group", ("ann", "bob", *others))
    assert said(end=500 * SECOND, before=(group,)) == ([] if crowd else [HERE])


def test_so_many_devices_are_a_crowd() -> None:
    devices = [(DeviceRegistered, f"b{each}", "bob", "eu", "wifi") for each in range(3, 102)]
    assert said(end=500 * SECOND, before=tuple(devices)) == []
    assert said(end=500 * SECOND, before=tuple(devices[1:])) == [HERE]


def test_without_presence_nobody_watches() -> None:
    tale = Tale()
    tale.events = [event for event in tale.events if not isinstance(event, ConversationOpened)]
    tale.add(ConversationOpened, "c", "direct", ("ann", "bob"), 0, False)
    tale.add(Connected, "b1", "g", 1)
    tale.add(Connected, "a1", "g", 1)
    tale.add(Ended, node="run", t=900 * SECOND)
    judge = Judge()
    judge.advance(tale.events)
    assert NAME not in {v.property for v in judge.violations}


def test_what_is_not_due_yet_does_not_hide_what_is() -> None:
    """Both of Bob's devices show Ann as offline; b2, which did so first, has been told so again meanwhile."""
    other = (PresenceShown, "b2", "ann", False)
    steps = ((10, (Connected, "b2", "g", 1)), (11, SHOWN), (11, other), (12, HIDDEN), (20, other))
    assert said(*steps, end=12 * SECOND + SOON + 1) == [HERE]


# --- presence-converges, in another system's record ------------------------------------------------------------------


def converges(*steps: tuple[float, Any], there: tuple[str, ...] = ("b1",), exported: bool = True) -> list[str]:
    """What is owed after these steps of devices that are there from the beginning; Ann comes at 10 s."""
    tale = Tale()
    for device in there:
        tale.add(Connected, device, "g", 1, t=SECOND)
        tale.add(PresenceShown, device, "ann", True, t=SECOND)
    for at, (kind, *fields) in ((10, (Connected, "a1", "g", 1)), (11, (PresenceShown, "a1", "bob", True)), *steps):
        tale.add(kind, *fields, t=int(at * SECOND))
    judge = Judge(scope=RecordScope(OBSERVABLE) if exported else RecordScope())
    judge.advance(tale.events)
    prop = next(prop for prop in judge.properties if prop.name == "presence-converges")
    assert isinstance(prop, Liveness)
    owed = [owed.message for owed in prop.missing()]
    assert len(owed) == prop.owed()
    return owed


LEFT = (40, (Disconnected, "a1", "g", 1, "closed"))
OVER = ((50, (Healed, 20 * SECOND)), (60, (Ended,)))


@pytest.mark.parametrize(("end", "owed"), [(60, 1), (60 - 1e-6, 0)])
def test_who_logs_off_at_last_may_be_shown_until_the_end(end: float, owed: int) -> None:
    told = converges(LEFT, OVER[0], (end, (Ended,)))
    assert told == ["b1 shows ann as online, who is not"] * owed
    assert len(converges(LEFT, OVER[0], (end, (Ended,)), exported=False)) == 1, "of a simulated run, all is known"


def test_it_is_owed_before_the_end_too() -> None:
    assert converges(LEFT) == ["b1 shows ann as online, who is not"]


def test_who_comes_at_last_must_be_shown() -> None:
    """The news that somebody left may be on its way, but not be there already."""
    again = (59, (Connected, "a1", "g", 2))
    shown = (45, (PresenceShown, "b1", "ann", False))
    assert converges(LEFT, shown, OVER[0], again, OVER[1]) == ["b1 shows ann as offline, who is not"]
    new = (2, (Connected, "b2", "g", 1))
    assert converges(new, LEFT, OVER[0], again, OVER[1], there=()) == ["b2 shows ann as offline, who is not"]


def test_a_device_that_is_not_there_owes_nothing_and_the_next_one_does() -> None:
    away = (30, (Disconnected, "b1", "g", 1, "closed"))
    assert converges(away, LEFT, *OVER) == []
    assert converges(away, LEFT, *OVER, there=("b1", "b2")) == ["b2 shows ann as online, who is not"]
