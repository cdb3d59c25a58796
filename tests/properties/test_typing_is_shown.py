"""Who types is shown to whoever is there: each condition, from both of its sides."""

from __future__ import annotations

from typing import Any

import judging
import pytest
from support import Tale

from model.events import (
    Connected,
    ConversationOpened,
    DeviceRegistered,
    Disconnected,
    MemberJoined,
    MemberLeft,
    SessionDropped,
    SessionRegistered,
    SessionRemoved,
    Slept,
    Typed,
    TypingCleared,
    TypingShown,
)
from sim.history import Crashed, Ended, FaultEnded, FaultStarted, MessageDelayed, MessageLost, Restarted

pytestmark = pytest.mark.requirement("P14", "G3", "V1")

SECOND = 1_000_000
TYPED = 100 * SECOND
WITHIN = 5 * SECOND
LATE = TYPED + WITHIN + 1


def event(kind: Any, t: int, node: str, *fields: Any) -> tuple[int, Any]:
    return t, kind(t, node, -1, *fields)


def there(device: str, connected: int = SECOND, registered: int = SECOND, gateway: str = "g") -> list[tuple[int, Any]]:
    return [
        event(Connected, connected, device, device, gateway, 1),
        event(SessionRegistered, registered, "registry", device, gateway, 1),
    ]


def tale(*more: tuple[int, Any], without: tuple[type, ...] = (), devices: tuple[str, ...] = ("a1", "b1")) -> Tale:
    """Ann types on a1 at 100 s, and Bob's phone b1 is there; his laptop b2 is not."""
    steps = [*(step for device in devices for step in there(device)), event(Typed, TYPED, "a1", "a1", "c"), *more]
    told = Tale()
    for _, each in sorted(steps, key=lambda step: step[0]):
        if not isinstance(each, without):
            told.events.append(each)
    return told


def proofs(told: Tale, until: int = LATE) -> list[tuple[int, ...]]:
    told.add(Ended, t=until)
    return judging.proofs(told, "typing-is-shown")


def wrong(*more: tuple[int, Any], until: int = LATE, **how: Any) -> bool:
    return bool(proofs(tale(*more, **how), until))


SHOWN = (TypingShown, "b1", "b1", "c", "ann")


def at(t: int, what: tuple[Any, ...]) -> tuple[int, Any]:
    return event(what[0], t, *what[1:])


def test_who_types_is_shown_within_the_bound() -> None:
    assert wrong()
    assert not wrong(until=LATE - 1)
    assert not wrong(at(LATE - 1, SHOWN), until=2 * LATE)
    assert wrong(at(LATE, SHOWN), until=2 * LATE)


def test_the_proof_is_the_typing() -> None:
    told = tale()
    typed = next(i for i, each in enumerate(told.events) if isinstance(each, Typed))
    assert proofs(told) == [(typed, len(told.events) - 1)]


def test_it_is_asked_of_each_device() -> None:
    assert len(proofs(tale(devices=("a1", "b1", "b2")))) == 2
    assert len(proofs(tale(at(TYPED + 1, SHOWN), devices=("a1", "b1", "b2")))) == 1


def test_typing_on_is_asked_once() -> None:
    assert len(proofs(tale(event(Typed, TYPED + 1, "a1", "a1", "c")), 2 * LATE)) == 1


@pytest.mark.parametrize(
    "other",
    [
        (TypingShown, "b1", "b1", "c", "bob"),
        (TypingShown, "b1", "b1", "d", "ann"),
        (TypingShown, "b2", "b2", "c", "ann"),
    ],
)
def test_something_else_that_is_shown_is_no_answer(other: tuple[Any, ...]) -> None:
    assert wrong(at(TYPED + 1, other))
    assert wrong(at(TYPED - 1, other))


def test_what_is_shown_already_is_not_asked_for() -> None:
    assert not wrong(at(TYPED - 1, SHOWN))
    cleared = event(TypingCleared, TYPED - 1, "b1", "b1", "c", "ann")
    assert wrong(at(TYPED - 2, SHOWN), cleared)
    over = [event(Slept, TYPED - 9 * SECOND, "b1", "b1"), *there("b1", TYPED - 8 * SECOND, TYPED - 8 * SECOND)]
    assert wrong(at(TYPED - 10 * SECOND, SHOWN), *over)
    other = event(Slept, TYPED - 9 * SECOND, "b2", "b2")
    assert not wrong(at(TYPED - 10 * SECOND, SHOWN), other)


@pytest.mark.parametrize("missing", [Connected, SessionRegistered, Typed])
def test_nothing_is_asked_without(missing: type) -> None:
    assert not wrong(without=(missing,))


@pytest.mark.parametrize("device", ["a1", "b1"])
def test_both_must_have_been_there_for_a_moment(device: str) -> None:
    other = "a1" if device == "b1" else "b1"
    for connected, registered, asked in (
        (TYPED - 2 * SECOND, TYPED - 2 * SECOND, True),
        (TYPED - 2 * SECOND + 1, TYPED - 2 * SECOND, False),
        (TYPED - 2 * SECOND, TYPED - 2 * SECOND + 1, False),
    ):
        assert wrong(*there(device, connected, registered), devices=(other,)) is asked
    elsewhere = event(Connected, TYPED - 9 * SECOND, device, device, "h", 2)
    assert not wrong(elsewhere)


@pytest.mark.parametrize("device", ["a1", "b1"])
@pytest.mark.parametrize(
    "over",
    [(Disconnected, "g", 1, "reset"), (Slept,), (SessionRemoved, "g", 1), (SessionDropped, 1, "idle")],
    ids=lambda over: over[0].__name__,
)
def test_who_goes_in_time_is_not_asked(device: str, over: tuple[Any, ...]) -> None:
    assert not wrong(event(over[0], LATE - 1, "node", device, *over[1:]), until=2 * LATE)
    assert wrong(event(over[0], LATE, "node", device, *over[1:]), until=2 * LATE)
    assert wrong(event(over[0], LATE - 1, "node", "z1", *over[1:]), until=2 * LATE)


@pytest.mark.parametrize("device", ["a1", "b1"])
def test_who_dies_in_time_is_not_asked(device: str) -> None:
    died = event(Crashed, LATE - 1, device, 1, "")
    again = event(Restarted, LATE - 1, device, 2)
    assert not wrong(died, again, until=2 * LATE)
    assert wrong(event(Crashed, LATE, device, 1, ""), until=2 * LATE)


@pytest.mark.parametrize("user", ["ann", "bob"])
def test_who_leaves_in_time_is_not_asked(user: str) -> None:
    assert not wrong(event(MemberLeft, LATE - 1, "store", "c", 1, user, user, 1), until=2 * LATE)
    assert wrong(event(MemberLeft, LATE, "store", "c", 1, user, user, 1), until=2 * LATE)
    assert wrong(event(MemberLeft, TYPED + 1, "store", "d", 1, user, user, 1))
    assert wrong(event(MemberLeft, TYPED + 1, "store", "c", 1, "zoe", "zoe", 1))
    assert not wrong(event(MemberLeft, TYPED - 1, "store", "c", 1, user, user, 1))


def test_who_has_just_joined_is_not_asked() -> None:
    for joined, asked in ((TYPED - 2 * SECOND, True), (TYPED - 2 * SECOND + 1, False)):
        join = event(MemberJoined, joined, "store", "c", 1, "zoe", "ann", 1)
        assert wrong(join, *there("z1"), devices=("a1",)) is asked
    assert not wrong(*there("z1"), devices=("a1",))


def test_somebody_from_outside_is_not_shown() -> None:
    assert not wrong(event(Typed, TYPED, "z1", "z1", "c"), *there("z1"), devices=("b1",))
    assert not wrong(event(Typed, TYPED, "x1", "x1", "c"), *there("x1"), devices=("b1",))
    assert not wrong(event(Typed, TYPED, "a1", "a1", "d"), without=(), devices=("z1",))


def test_who_types_where_nothing_is_known_of_is_not_shown() -> None:
    assert not wrong(event(Typed, TYPED, "a1", "a1", "d"), until=LATE - 1)


def test_what_was_disturbed_at_the_very_beginning_was_disturbed() -> None:
    early = event(Typed, 20 * SECOND, "a1", "a1", "c")
    lost = event(MessageLost, 0, "x", "Publish", "y", "loss")
    until = 20 * SECOND + WITHIN + 1
    assert wrong(early, until=until)
    assert not wrong(early, lost, until=until)


def test_large_conversations_have_no_such_signals() -> None:
    for more, asked in ((97, True), (98, False)):
        others = [event(DeviceRegistered, 0, f"b{i}", f"b{i}", "bob", "eu", "wifi") for i in range(3, 3 + more)]
        assert wrong(*others) is asked
    told = tale()
    opened = next(each for each in told.events if isinstance(each, ConversationOpened))
    opened.presence = False
    assert not proofs(told)


@pytest.mark.parametrize("kind", [MessageLost, MessageDelayed])
def test_nothing_may_be_disturbed_anywhere(kind: Any) -> None:
    how: Any = "loss" if kind is MessageLost else 0
    for t, asked in (
        (TYPED - 30 * SECOND, True),
        (TYPED - 30 * SECOND + 1, False),
        (TYPED, False),
        (LATE - 1, False),
        (LATE, True),
    ):
        assert wrong(event(kind, t, "x", "Publish", "y", how), until=2 * LATE) is asked, t


def test_a_node_that_is_down_disturbs() -> None:
    assert not wrong(event(Crashed, TYPED - 50 * SECOND, "x", 1, ""))
    assert wrong(event(Crashed, TYPED - 50 * SECOND, "x", 1, ""), event(Restarted, TYPED - 30 * SECOND, "x", 2))
    assert not wrong(event(Crashed, TYPED - 50 * SECOND, "x", 1, ""), event(Restarted, TYPED - 30 * SECOND + 1, "x", 2))


def test_a_registry_that_was_restarted_or_wiped_has_forgotten() -> None:
    assert not wrong(event(Crashed, 10 * SECOND, "registry", 1, ""), event(Restarted, 11 * SECOND, "registry", 2))
    assert not wrong(event(FaultStarted, 10 * SECOND, "faults", 1, "wipe_cache", False))
    again = [*there("a1", 12 * SECOND, 12 * SECOND), *there("b1", 12 * SECOND, 12 * SECOND)]
    assert wrong(event(FaultStarted, 10 * SECOND, "faults", 1, "wipe_cache", False), *again)
    slow = event(FaultStarted, 10 * SECOND, "faults", 1, "slow_node", False)
    assert not wrong(slow, *again)
    assert wrong(slow, event(FaultEnded, 11 * SECOND, "faults", 1, "slow_node"), *again)
