"""What disturbs a path, and for how long; and who counts as online on one that is calm."""

from __future__ import annotations

import judging
import pytest
from support import Tale

from faults.fault import KINDS
from faults.order import ORDER
from model.events import Connected, Disconnected, PresenceChanged, Slept, Woke
from properties.calm import AT_ONCE, ONLY_ASK, Calm
from sim.history import (
    Crashed,
    FaultEnded,
    FaultStarted,
    Healed,
    MessageDelayed,
    MessageLost,
    Paused,
    Restarted,
    Resumed,
)

pytestmark = pytest.mark.requirement("P14", "V1")

LIFE = 65_000_000


def violated(tale: Tale, name: str) -> bool:
    return judging.said(tale, name) != []


def test_what_only_asks_for_more_is_known() -> None:
    assert set(KINDS) == set(ORDER)
    assert set(ORDER) > ONLY_ASK
    assert set(ORDER) > AT_ONCE


def test_a_node_is_steady_from_when_it_runs() -> None:
    calm = Calm()
    assert (calm.steady("a", "b"), calm.since("a", "b"), calm.everywhere(), calm.around("a")) == (-1, -1, -1, -1)
    calm.stopped("a", 5)
    assert (calm.steady("a", "b"), calm.since("b", "a"), calm.everywhere()) == (None, None, None)
    assert calm.since("b") == -1
    calm.runs("a", 9)
    assert (calm.steady("a", "b"), calm.steady("b"), calm.everywhere()) == (9, -1, 9)


def test_a_lost_message_disturbs_those_whose_it_is() -> None:
    calm = Calm()
    calm.missed("a", "b", 7)
    calm.missed("a", "b", 3)
    assert (calm.since("a", "b"), calm.since("b", "a"), calm.since("a", "c"), calm.since("a")) == (7, 7, -1, -1)
    assert (calm.steady("a", "b"), calm.around("a"), calm.around("b", "c"), calm.around("c")) == (-1, 7, 7, -1)
    assert calm.everywhere() == 7


def test_a_fault_disturbs_whom_it_names_for_as_long_as_it_is_on() -> None:
    calm = Calm()
    calm.began(FaultStarted(3, "faults", -1, 1, "clock_skew", False, ("a", "b")))
    assert (calm.steady("a"), calm.steady("c"), calm.everywhere()) == (None, -1, None)
    calm.began(FaultStarted(4, "faults", -1, 2, "slow_node", False, ("a",)))
    calm.ended(FaultEnded(5, "faults", -1, 1, "clock_skew", ("a", "b")))
    assert (calm.steady("a"), calm.steady("b"), calm.everywhere()) == (None, 5, None)
    calm.ended(FaultEnded(6, "faults", -1, 2, "slow_node", ("a",)))
    assert (calm.steady("a"), calm.steady("b"), calm.everywhere()) == (6, 5, 6)
    calm.began(FaultStarted(7, "faults", -1, 3, "clock_skew", False, ("a",)))
    calm.healed(9)
    assert (calm.steady("a"), calm.everywhere()) == (9, 9)
    calm.healed(11)
    assert calm.steady("a") == 9


def test_a_fault_that_is_over_at_once_disturbs_then() -> None:
    calm = Calm()
    calm.began(FaultStarted(4, "faults", -1, 2, "wipe_cache", False, ("a",), (), False))
    assert (calm.steady("a"), calm.steady("b"), calm.everywhere()) == (4, -1, 4)
    calm.healed(9)
    assert (calm.steady("a"), calm.everywhere()) == (4, 4)


def test_faults_on_links_and_those_that_only_ask_disturb_nobody_by_themselves() -> None:
    calm = Calm()
    calm.began(FaultStarted(3, "faults", -1, 1, "loss", False, (), ((("a",), ("b",)),)))
    calm.began(FaultStarted(4, "faults", -1, 2, "burst", False, ("a",)))
    assert (calm.steady("a", "b"), calm.since("a", "b"), calm.everywhere()) == (-1, -1, -1)


def test_a_fault_of_which_the_record_does_not_say_whom_it_held_disturbs_everybody() -> None:
    calm = Calm()
    calm.began(FaultStarted(4, "faults", -1, 2, "wipe_cache", False, (), (), False))
    assert calm.steady("a") == 4
    calm.began(FaultStarted(5, "faults", -1, 3, "clock_skew", False))
    assert (calm.steady("a"), calm.since("a"), calm.everywhere()) == (None, None, None)
    calm.ended(FaultEnded(6, "faults", -1, 1, "crash"))
    assert calm.steady("a") is None
    calm.ended(FaultEnded(7, "faults", -1, 3, "clock_skew"))
    assert (calm.steady("a"), calm.everywhere()) == (7, 7)
    calm.healed(8)
    assert calm.steady("a") == 7
    calm.began(FaultStarted(9, "faults", -1, 4, "clock_drift", False))
    calm.healed(11)
    assert calm.steady("a") == 11


# --- connected-is-online ---------------------------------------------------------------------------------------------


def connected(*, since: int = 0) -> Tale:
    tale = Tale()
    tale.add(Connected, "b1", "g", 1, t=since)
    return tale


def offline(tale: Tale, t: int = LIFE) -> bool:
    tale.add(PresenceChanged, "bob", False, node="presence", t=t)
    return violated(tale, "connected-is-online")


def test_whoever_has_long_been_connected_counts_as_online() -> None:
    assert offline(connected())
    assert not offline(connected(since=1))
    assert offline(connected(since=1), LIFE + 1)


def test_who_is_connected_is_another_one() -> None:
    for other in ("b2", "a1"):
        tale = connected()
        tale.add(Slept, other, t=1)
        assert offline(tale)


@pytest.mark.parametrize(
    "lost", [(Disconnected, "b1", "g", 1, "reset"), (Slept, "b1"), (Crashed, 1, "")], ids=lambda lost: lost[0].__name__
)
def test_whoever_is_gone_may_count_as_offline(lost: tuple[object, ...]) -> None:
    tale = connected()
    tale.add(lost[0], *lost[1:], node="b1", t=5)  # type: ignore[arg-type]
    assert not offline(tale)
    tale = connected()
    tale.add(lost[0], *lost[1:], node="b1", t=5)  # type: ignore[arg-type]
    tale.add(Woke, "b1", "user", t=6)
    tale.add(Connected, "b1", "g", 2, t=7)
    assert not offline(tale, LIFE + 6)
    assert offline(tale, LIFE + 7)


@pytest.mark.parametrize("node", ["b1", "g", "presence"])
def test_a_node_on_the_way_that_did_not_run_excuses(node: str) -> None:
    for stop, go in (
        (Crashed(3, node, -1, 1, ""), Restarted(5, node, -1, 2)),
        (Paused(3, node, -1), Resumed(5, node, -1, 0)),
    ):
        tale = connected()
        tale.events += [stop, go, Connected(5, "b1", -1, "b1", "g", 2)]
        assert not offline(tale, LIFE + 4)
        assert offline(tale, LIFE + 5)


@pytest.mark.parametrize(
    ("source", "target", "on_the_way"), [("b1", "g", True), ("g", "presence", True), ("g", "b2", False)]
)
def test_a_heartbeat_that_got_lost_or_late_excuses(source: str, target: str, on_the_way: bool) -> None:
    for missed in (MessageLost, MessageDelayed):
        tale = connected()
        if missed is MessageLost:
            tale.add(MessageLost, "Heartbeat", target, "loss", node=source, t=5)
        else:
            tale.add(MessageDelayed, "Heartbeat", target, 2, node=source, t=3)
        assert offline(tale, LIFE + 4) is not on_the_way
        assert offline(tale, LIFE + 5)


def test_a_clock_that_is_wrong_excuses_until_all_is_healed() -> None:
    tale = connected()
    tale.add(FaultStarted, 1, "clock_drift", False, t=1)
    assert not offline(tale)
    tale.add(Healed, 1, t=LIFE)
    assert not offline(tale, 2 * LIFE - 1)
    assert offline(tale, 2 * LIFE)
    tale = connected()
    tale.add(FaultStarted, 1, "clock_drift", False, t=1)
    tale.add(FaultEnded, 1, "clock_drift", t=2)
    assert not offline(tale, LIFE + 1)
    assert offline(tale, LIFE + 2)


def test_who_comes_online_is_no_matter() -> None:
    tale = connected()
    tale.add(PresenceChanged, "bob", True, node="presence", t=LIFE)
    assert not violated(tale, "connected-is-online")
