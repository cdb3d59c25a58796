"""What is owed in time, by whom and from when on; and wrong protocols that are late only, which are told."""

from __future__ import annotations

from typing import Any

import judging
import pytest
from support import ROOT, Tale, first_caught

from model.events import (
    BlockStored,
    Connected,
    Disconnected,
    LagAlarm,
    LagCleared,
    LoggedOut,
    MemberJoined,
    MemberLeft,
    Persisted,
    Shown,
    Slept,
    Wiped,
)
from properties.timeliness import Ways
from sim.history import (
    Crashed,
    Ended,
    FaultEnded,
    FaultStarted,
    MessageDelayed,
    MessageDuplicated,
    MessageLost,
    NodePlaced,
    Paused,
    Restarted,
    Resumed,
)

pytestmark = pytest.mark.requirement("G5", "V1", "V3")

LIVE, REPAIRED = "live-in-time", "repaired-in-time"
SECOND = 1_000_000
WITHIN, REPAIR = 10 * SECOND, 30 * SECOND


def there(*devices: str) -> Tale:
    """A gateway, a worker, a registry and the presence service, and devices that are connected by the gateway."""
    tale = Tale()
    for node, role in (("g", "gateway"), ("w", "worker"), ("r", "registry"), ("p", "presence"), ("h", "gateway")):
        tale.add(NodePlaced, "eu", "", role, node=node, t=0)
    for device in devices:
        tale.add(Connected, device, "g", 1, t=0)
    return tale


def commit(tale: Tale, t: int, seq: int = 1, device: str = "a1", sender: str = "ann", kind: str = "") -> None:
    tale.add(Persisted, "c", seq, f"m{seq}", sender, device, 0, kind, t=t)


def show(tale: Tale, t: int, device: str = "b1", seq: int = 1) -> None:
    tale.add(Shown, device, "c", seq, f"m{seq}", "ann", t=t)


def late(tale: Tale, name: str = LIVE) -> list[str]:
    """Which devices are said to be late."""
    return [message.split()[0] for message in judging.said(tale, name)]


def test_what_is_not_shown_in_time_is_told_of_each_device_that_is_there() -> None:
    tale = there("a1", "b1", "b2")
    commit(tale, SECOND)
    show(tale, SECOND + WITHIN, "b1")
    tale.add(Ended, t=SECOND + WITHIN + 1)
    assert late(tale) == ["b2"]
    assert judging.times_tested(tale, LIVE) == 2
    commit_index = next(i for i, x in enumerate(tale.events) if isinstance(x, Persisted))
    assert judging.proofs(tale, LIVE) == [(commit_index, len(tale.events) - 1)]


def test_the_next_commit_after_its_time_proves_that_it_is_late() -> None:
    tale = there("b1")
    commit(tale, SECOND)
    commit(tale, SECOND + WITHIN + 1, 2)
    tale.add(Ended, t=SECOND + WITHIN + 2)
    first = len(tale.events) - 3
    assert judging.proofs(tale, LIVE) == [(first, first + 1)]


def test_what_is_shown_live_has_nothing_to_be_repaired() -> None:
    tale = there("b1")
    commit(tale, SECOND)
    show(tale, 2 * SECOND)
    tale.add(Ended, t=60 * SECOND)
    assert (judging.times_tested(tale, LIVE), judging.times_tested(tale, REPAIRED)) == (1, 0)


def test_what_comes_just_in_time_is_in_time_when_something_else_was_due_before() -> None:
    tale = there("b1")
    commit(tale, SECOND)
    commit(tale, SECOND + 1, 2)
    show(tale, 2 * SECOND)
    show(tale, SECOND + 1 + WITHIN, seq=2)
    tale.add(Ended, t=60 * SECOND)
    assert late(tale) == []


def test_before_its_time_is_over_nothing_is_due() -> None:
    tale = there("b1")
    commit(tale, SECOND)
    tale.add(Ended, t=SECOND + WITHIN)
    assert (late(tale), judging.times_tested(tale, LIVE)) == ([], 0)


def test_a_record_that_does_not_say_where_servers_stand_is_not_judged() -> None:
    tale = Tale()
    tale.add(Connected, "b1", "g", 1, t=0)
    commit(tale, SECOND)
    tale.add(Ended, t=60 * SECOND)
    assert judging.times_tested(tale, LIVE) == 0


@pytest.mark.parametrize(
    "gone",
    [(Disconnected, "b1", "g", 1, "reset"), (Slept, "b1"), (LoggedOut, "b1"), (Crashed, 1, "")],
    ids=lambda g: g[0].__name__,
)
def test_whoever_is_away_owes_nothing_until_the_next_connect(gone: tuple[Any, ...]) -> None:
    tale = there("b1")
    commit(tale, SECOND)
    tale.add(*gone, node="b1", t=2 * SECOND)
    if gone[0] is Crashed:
        tale.add(Restarted, 2, node="b1", t=19 * SECOND)
    tale.add(Connected, "b1", "g", 2, t=20 * SECOND)
    show(tale, 20 * SECOND + REPAIR)
    tale.add(Ended, t=100 * SECOND)
    assert (late(tale), late(tale, REPAIRED)) == ([], [])
    assert (judging.times_tested(tale, LIVE), judging.times_tested(tale, REPAIRED)) == (0, 1)
    tale.events[-2].t += 1
    assert (late(tale), late(tale, REPAIRED)) == ([], ["b1"])


def test_the_moment_after_a_connect_is_no_excuse() -> None:
    tale = there()
    tale.add(Connected, "b1", "g", 1, t=SECOND)
    commit(tale, SECOND)
    show(tale, SECOND + WITHIN + 1)
    assert late(tale) == ["b1"]
    tale = there()
    commit(tale, SECOND - 1)
    tale.add(Connected, "b1", "g", 1, t=SECOND)
    show(tale, SECOND + WITHIN + 1)
    assert late(tale) == []


STRIKES: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "dies": ((Crashed, 1, ""), (Restarted, 2)),
    "stands still": ((Paused,), (Resumed, 0)),
}


@pytest.mark.parametrize("how", STRIKES)
@pytest.mark.parametrize(
    ("node", "whose"), [("g", "own"), ("w", "core"), ("r", "core"), ("p", ""), ("h", ""), ("b2", "")]
)
def test_what_strikes_the_core_disturbs_all_and_a_gateway_its_own(how: str, node: str, whose: str) -> None:
    begin, end = STRIKES[how]
    tale = there("b1")
    tale.add(begin[0], *begin[1:], node=node, t=SECOND)
    tale.add(end[0], *end[1:], node=node, t=2 * SECOND)
    over = 2 * SECOND + {"own": Ways.proven, "core": Ways.settles, "": -2 * SECOND}[whose]
    commit(tale, over - 1 if whose else 3 * SECOND)
    commit(tale, max(over, 3 * SECOND), 2)
    tale.add(Ended, t=max(over, 3 * SECOND) + WITHIN + 1)
    assert len(late(tale)) == (1 if whose else 2)


def test_a_connect_after_it_ends_what_struck_the_gateway_but_not_what_struck_the_core() -> None:
    for node, at, owed in (("g", 3 * SECOND, 1), ("g", 2 * SECOND, 1), ("w", 3 * SECOND, 0)):
        tale = there("b1")
        tale.add(Paused, node=node, t=SECOND)
        tale.add(Resumed, 0, node=node, t=2 * SECOND)
        tale.add(Connected, "b1", "g", 2, t=at)
        commit(tale, 3 * SECOND)
        tale.add(Ended, t=20 * SECOND)
        assert len(late(tale)) == owed, node


@pytest.mark.parametrize(("early", "owed"), [(1, 0), (0, 1)])
def test_what_struck_the_core_as_the_record_began_disturbs_as_long(early: int, owed: int) -> None:
    tale = there("b1")
    tale.add(Paused, node="w", t=0)
    tale.add(Resumed, 0, node="w", t=0)
    commit(tale, Ways.settles - early)
    tale.add(Ended, t=Ways.settles + WITHIN + 1)
    assert len(late(tale)) == owed


@pytest.mark.parametrize(
    ("a", "b", "whose"),
    [("g", "b1", True), ("b1", "g", True), ("w", "g", True), ("g", "w", True), ("w", "r", True), ("g", "b2", False),
     ("w", "h", False), ("g", "p", False), ("p", "b1", False)],
)  # fmt: skip
def test_a_message_that_was_lost_or_late_disturbs_those_on_its_way(a: str, b: str, whose: bool) -> None:
    for lost in (MessageLost(SECOND, a, -1, "Push", b, "loss"), MessageDelayed(0, a, -1, "Push", b, SECOND)):
        tale = there("b1")
        tale.events.append(lost)
        commit(tale, 2 * SECOND)
        tale.add(Ended, t=20 * SECOND)
        assert late(tale) == ([] if whose else ["b1"])


def test_a_message_that_is_later_than_another_is_lost_counts_for_longer() -> None:
    tale = there("b1")
    tale.add(MessageDelayed, "Push", "b1", 59 * SECOND, node="g", t=SECOND)
    tale.add(MessageLost, "Push", "b1", "loss", node="g", t=2 * SECOND)
    commit(tale, 10 * SECOND + Ways.proven)
    tale.add(Ended, t=30 * SECOND + Ways.proven)
    assert late(tale) == []


@pytest.mark.parametrize(
    ("a", "b", "whose"), [("w", "r", True), ("w", "g", False), ("g", "w", False), ("g", "b1", False), ("w", "p", False)]
)
def test_a_message_that_comes_twice_disturbs_within_the_core_alone(a: str, b: str, whose: bool) -> None:
    """What is leased twice waits for its lease; a push that comes twice is one."""
    tale = there("b1")
    tale.add(MessageDuplicated, "Lease", b, node=a, t=SECOND)
    commit(tale, 2 * SECOND)
    tale.add(Ended, t=20 * SECOND)
    assert late(tale) == ([] if whose else ["b1"])


def test_a_fault_disturbs_whom_it_names_until_it_is_over() -> None:
    for nodes, owed in ((("w",), 0), (("b1",), 0), (("b2",), 1)):
        tale = there("b1")
        tale.add(FaultStarted, 0, "slow_node", False, nodes, node="faults", t=SECOND)
        commit(tale, 2 * SECOND)
        tale.add(FaultEnded, 0, "slow_node", nodes, node="faults", t=15 * SECOND)
        tale.add(Ended, t=20 * SECOND)
        assert len(late(tale)) == owed, nodes


def test_a_queue_that_has_raised_its_alarm_excuses_until_it_has_caught_up() -> None:
    for end in ((LagCleared, 0), (Restarted, 2)):
        tale = there("b1")
        tale.add(NodePlaced, "eu", "", "queue", node="q", t=0)
        commit(tale, SECOND)
        tale.add(LagAlarm, 600_000, 9, node="q", t=2 * SECOND)
        commit(tale, 20 * SECOND, 2)
        tale.add(*end, node="q", t=40 * SECOND)
        commit(tale, 40 * SECOND + Ways.settles - 1, 3)
        tale.add(Ended, t=41 * SECOND + Ways.settles + WITHIN)
        assert late(tale) == []
        commit(tale, 50 * SECOND + Ways.settles, 4)
        tale.add(Ended, t=60 * SECOND + Ways.settles + 1)
        assert late(tale) == ["b1"]


def test_who_must_not_be_asked() -> None:
    tale = there("a1", "b1")
    commit(tale, SECOND)  # ann's own device sent it
    show(tale, 2 * SECOND)
    commit(tale, 3 * SECOND, 2, kind="join")  # nobody wrote it
    tale.add(BlockStored, "bob", "ann", True, "b1", 1, 1, ("c",), t=4 * SECOND)
    commit(tale, 5 * SECOND, 3)  # bob has blocked her
    tale.add(Ended, t=60 * SECOND)
    assert late(tale) == []


def test_what_was_blocked_when_it_was_committed_is_not_owed_when_it_is_not_any_more() -> None:
    tale = there("b1")
    tale.add(BlockStored, "bob", "ann", True, "b1", 1, 1, ("c",), t=SECOND)
    commit(tale, 2 * SECOND)
    tale.add(BlockStored, "bob", "ann", False, "b1", 2, 2, ("c",), t=3 * SECOND)
    commit(tale, 4 * SECOND, 2)
    tale.add(Ended, t=60 * SECOND)
    assert ["c 2 (m2)" in told for told in judging.said(tale, LIVE)] == [True]


def test_who_left_owes_nothing_and_who_came_owes_what_follows() -> None:
    tale = there("b1", "z1")
    commit(tale, SECOND)
    commit(tale, 2 * SECOND, 2, kind="leave")
    tale.add(MemberLeft, "c", 2, "bob", "ann", 2, t=2 * SECOND)
    commit(tale, 3 * SECOND, 3, kind="join")
    tale.add(MemberJoined, "c", 3, "zoe", "ann", 3, t=3 * SECOND)
    commit(tale, 4 * SECOND, 4)
    tale.add(Ended, t=60 * SECOND)
    assert late(tale) == ["z1"]


def test_who_leaves_before_it_is_repaired_owes_nothing() -> None:
    """... nor who has blocked the sender by then; who is back does."""
    for step in (MemberLeft, MemberJoined, BlockStored):
        tale = there("b1")
        tale.add(Disconnected, "b1", "g", 1, "reset", t=SECOND)
        commit(tale, 2 * SECOND)
        tale.add(Connected, "b1", "g", 2, t=20 * SECOND)
        commit(tale, 21 * SECOND, 2, kind="leave")
        if step is BlockStored:
            tale.add(BlockStored, "bob", "ann", True, "b1", 1, 1, ("c",), t=22 * SECOND)
        else:
            tale.add(MemberLeft, "c", 2, "bob", "ann", 2, t=21 * SECOND)
        if step is MemberJoined:
            commit(tale, 22 * SECOND, 3, kind="join")
            tale.add(MemberJoined, "c", 3, "bob", "ann", 3, t=22 * SECOND)
        tale.add(Ended, t=100 * SECOND)
        assert late(tale, REPAIRED) == ["b1"] * (step is MemberJoined)


def test_one_device_that_is_away_does_not_hide_the_others() -> None:
    tale = there("b1", "b2")
    commit(tale, SECOND)
    tale.add(Ended, t=60 * SECOND)
    assert late(tale, REPAIRED) == ["b1", "b2"]
    tale = there("b1", "b2")
    tale.add(Disconnected, "b1", "g", 1, "reset", t=SECOND)
    commit(tale, 2 * SECOND)
    tale.add(Ended, t=100 * SECOND)
    assert (late(tale), late(tale, REPAIRED)) == (["b2"], ["b2"])


def test_what_a_wiped_device_missed_is_owed_by_the_next_installation() -> None:
    for shown in (True, False):
        tale = there()
        commit(tale, SECOND)
        tale.add(Connected, "b1", "g", 1, t=12 * SECOND)
        tale.add(Wiped, "b1", 2, t=13 * SECOND)
        tale.add(Crashed, 1, "", node="b1", t=13 * SECOND)
        tale.add(Restarted, 2, node="b1", t=14 * SECOND)
        tale.add(Connected, "b1", "g", 2, t=15 * SECOND)
        if shown:
            show(tale, 16 * SECOND)
        tale.add(Ended, t=60 * SECOND)
        assert late(tale, REPAIRED) == ([] if shown else ["b1"])


# --- wrong protocols that are late only ----------------------------------------------------------------------------

CASES = ROOT / "tests" / "cases" / "variants"


@pytest.mark.parametrize(
    "name",
    ["live_path_dead", "deaf_gateways", "second_device_is_not_found", "deaf_to_every_third", "pushes_late",
     "forgotten_at_reconnect"],
)  # fmt: skip
def test_a_live_path_that_is_dead_is_told_by_the_default_campaign(name: str) -> None:
    assert 0 < first_caught("ci", str(CASES / f"{name}.py"), LIVE, 30) <= 30


def test_one_push_in_fifty_that_waits_for_a_digest_is_told() -> None:
    assert 0 < first_caught("ci", str(CASES / "one_in_fifty_waits.py"), LIVE, 60) <= 60


def test_pushes_that_are_late_by_less_than_the_bound_pass() -> None:
    assert first_caught("ci", str(CASES / "pushes_a_little_late.py"), LIVE, 12) == 0
