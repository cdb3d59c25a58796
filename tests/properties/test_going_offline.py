"""Whoever goes is shown as offline, and as seen last when they were: each condition, from both of its sides."""

from __future__ import annotations

from typing import Any

import pytest
from judging import proofs, said
from support import Tale

from model.events import (
    Connected,
    ConversationOpened,
    DeviceRegistered,
    Disconnected,
    LastSeenShown,
    LastSeenStored,
    PresenceChanged,
    PresenceShown,
    SendAccepted,
    SessionRegistered,
    SessionRemoved,
    Slept,
    SyncPageReceived,
    Wiped,
    Woke,
)
from properties.judge import Judge
from sim.history import (
    Crashed,
    Ended,
    FaultStarted,
    Healed,
    MessageDelayed,
    MessageLost,
    Paused,
    Restarted,
    Resumed,
)

pytestmark = pytest.mark.requirement("P14", "G3", "V1")

SECOND = 1_000_000
WITHIN = 65 * SECOND
GONE = 20 * SECOND


class Watching:
    """Bob's phone b1 watches Ann, whose only app is closed at 20 s. Each step may come at another time, or not at all."""

    def __init__(self, *more: tuple[int, Any], without: tuple[str, ...] = (), **at: int) -> None:
        steps: dict[str, tuple[int, Any]] = {
            "online": (1 * SECOND, (PresenceChanged, "ann", True)),
            "connected": (2 * SECOND, (Connected, "b1", "g", 1)),
            "registered": (3 * SECOND, (SessionRegistered, "b1", "g", 1)),
            "shown": (4 * SECOND, (PresenceShown, "b1", "ann", True)),
            "gone": (GONE, (Slept, "a1")),
        }
        nodes = {"online": "presence", "registered": "registry"}
        self.tale = Tale()
        every = [
            (at.get(name, t), nodes.get(name, ""), what) for name, (t, what) in steps.items() if name not in without
        ]
        every += [(t, "", what) for t, what in more]
        for t, node, what in sorted(every, key=lambda step: step[0]):
            if isinstance(what, tuple):
                self.tale.add(what[0], *what[1:], node=node, t=t)
            else:
                self.tale.events.append(what)

    def wrong(self, until: int = GONE + WITHIN + 1) -> bool:
        """Whether it is a violation that the run ends then, and nothing has been shown."""
        self.tale.add(Ended, t=until)
        return bool(proofs(self.tale, "offline-is-shown"))


def event(kind: Any, t: int, node: str, *fields: Any) -> tuple[int, Any]:
    return t, kind(t, node, -1, *fields)


def test_whoever_has_gone_is_shown_as_offline_within_the_bound() -> None:
    assert Watching().wrong()
    assert not Watching().wrong(GONE + WITHIN)
    assert not Watching((GONE + WITHIN, (PresenceShown, "b1", "ann", False))).wrong(10 * WITHIN)
    assert Watching((GONE + WITHIN + 1, (PresenceShown, "b1", "ann", False))).wrong(10 * WITHIN)


def test_the_proof_is_who_went_and_who_was_shown() -> None:
    watching = Watching()
    shown, gone = len(watching.tale.events) - 2, len(watching.tale.events) - 1
    watching.tale.add(Ended, t=10 * WITHIN)
    assert proofs(watching.tale, "offline-is-shown") == [(shown, gone, gone + 1)]


def test_it_is_said_once() -> None:
    watching = Watching(event(Healed, 2 * WITHIN, "parley", 1))
    watching.tale.add(Ended, t=10 * WITHIN)
    assert len(proofs(watching.tale, "offline-is-shown")) == 1


@pytest.mark.parametrize("missing", ["online", "connected", "registered", "shown", "gone"])
def test_nothing_is_asked_without(missing: str) -> None:
    assert not Watching(without=(missing,)).wrong()


def test_every_app_must_be_closed() -> None:
    other = (1, (DeviceRegistered, "a2", "ann", "eu", "wifi"))
    assert not Watching(other).wrong(10 * WITHIN)
    later = (30 * SECOND, (Slept, "a2"))
    assert not Watching(other, later).wrong(30 * SECOND + WITHIN)
    assert Watching(other, later).wrong(30 * SECOND + WITHIN + 1)
    earlier = (10 * SECOND, (Slept, "a2"))
    assert Watching(other, earlier).wrong()


@pytest.mark.parametrize(
    "back",
    [(Woke, "user"), (Restarted, 2), (Wiped, "a1", 2)],
    ids=lambda back: back[0].__name__,
)
def test_who_is_back_in_time_is_not_gone(back: tuple[Any, ...]) -> None:
    def returned(t: int) -> tuple[int, Any]:
        fields = ("a1", *back[1:]) if back[0] is Woke else back[1:]
        return event(back[0], t, "a1", *fields)

    assert not Watching(returned(GONE + WITHIN)).wrong(10 * WITHIN)
    assert Watching(returned(GONE + WITHIN + 1)).wrong(10 * WITHIN)
    watcher = event(Woke, GONE + SECOND, "b2", "b2", "user")
    assert Watching(watcher).wrong()


def test_an_app_that_dies_is_closed() -> None:
    assert Watching(event(Crashed, GONE, "a1", 1, ""), without=("gone",)).wrong()
    assert not Watching(event(Crashed, GONE, "g9", 1, ""), without=("gone",)).wrong()


@pytest.mark.parametrize("over", [(Disconnected, "b1", "g", 1, "reset"), (Slept, "b1"), (SessionRemoved, "b1", "g", 1)])
def test_who_watches_must_be_there(over: tuple[Any, ...]) -> None:
    assert not Watching((GONE + WITHIN, over)).wrong(10 * WITHIN)
    assert Watching((GONE + WITHIN + 1, over)).wrong(10 * WITHIN)
    other = tuple("b2" if each == "b1" else each for each in over)
    assert Watching((GONE + SECOND, other)).wrong()


def test_who_comes_later_is_told_what_was_so_then() -> None:
    """Shown at 30 s: connected and registered before that, it can be told that it is over."""
    assert Watching(connected=28 * SECOND, registered=29 * SECOND, shown=30 * SECOND).wrong()
    assert not Watching(connected=28 * SECOND, registered=31 * SECOND, shown=30 * SECOND).wrong(10 * WITHIN)
    assert Watching(connected=28 * SECOND, registered=30 * SECOND, shown=30 * SECOND).wrong(), "just then is in time"
    again = (31 * SECOND, (Connected, "b1", "g", 2))
    assert not Watching(again, shown=30 * SECOND).wrong(10 * WITHIN)


def test_a_session_is_known_where_the_device_is() -> None:
    assert not Watching((5 * SECOND, (Connected, "b1", "h", 2))).wrong(10 * WITHIN)
    assert not Watching(event(Restarted, 10 * SECOND, "registry", 2)).wrong(10 * WITHIN)
    assert Watching(event(Restarted, 3 * SECOND, "registry", 2)).wrong(), "it begins with that session"


def test_a_presence_service_that_began_anew_knows_nobody() -> None:
    assert not Watching(event(Restarted, 10 * SECOND, "presence", 2)).wrong(10 * WITHIN)
    again = event(PresenceChanged, 11 * SECOND, "presence", "ann", True)
    assert Watching(event(Restarted, 10 * SECOND, "presence", 2), again).wrong()
    at_once = event(PresenceChanged, 10 * SECOND, "presence", "ann", True)
    assert Watching(event(Restarted, 10 * SECOND, "presence", 2), at_once).wrong()
    after = event(PresenceChanged, GONE + 3, "presence", "ann", True)
    assert not Watching(event(Restarted, GONE + 2, "presence", 2), after).wrong(10 * WITHIN)
    off = event(PresenceChanged, 11 * SECOND, "presence", "ann", False)
    assert not Watching(event(Restarted, 10 * SECOND, "presence", 2), off).wrong(10 * WITHIN)


@pytest.mark.parametrize("node", ["presence", "registry", "g", "b1"])
def test_the_way_must_run(node: str) -> None:
    assert not Watching(event(Paused, GONE + WITHIN, node)).wrong(10 * WITHIN)
    assert Watching(event(Paused, GONE + WITHIN + 1, node)).wrong(10 * WITHIN)
    if node != "b1":
        assert not Watching(event(Crashed, GONE + WITHIN, node, 1, "")).wrong(10 * WITHIN)


def test_a_node_that_stood_still_may_have_kept_a_heartbeat() -> None:
    still = (event(Paused, 10 * SECOND, "g9"), event(Resumed, 50 * SECOND, "g9", 1))
    assert not Watching(*still).wrong(50 * SECOND + WITHIN)
    assert Watching(*still).wrong(50 * SECOND + WITHIN + 1)
    assert not Watching(still[0]).wrong(10 * WITHIN)
    dead = event(Crashed, 12 * SECOND, "g9", 1, "")
    assert Watching(still[0], dead).wrong(), "what waited died with it"
    phone = (event(Paused, 10 * SECOND, "a1"),)
    assert Watching(*phone).wrong()


@pytest.mark.parametrize("kind", [MessageLost, MessageDelayed])
@pytest.mark.parametrize(
    ("source", "to", "on_the_way"), [("presence", "g", True), ("g", "b1", True), ("g", "b2", False)]
)
def test_a_message_on_the_way_may_be_what_tells(kind: Any, source: str, to: str, on_the_way: bool) -> None:
    how = "loss" if kind is MessageLost else 1
    lost = event(kind, GONE, source, "PresenceFrame", to, how if kind is MessageLost else 0)
    assert Watching(lost).wrong(10 * WITHIN) is not on_the_way
    before = event(kind, GONE - 1, source, "PresenceFrame", to, how if kind is MessageLost else 0)
    assert Watching(before).wrong(10 * WITHIN)


def test_what_was_shown_late_was_asked_for_a_little_before() -> None:
    lost = event(MessageLost, 40 * SECOND, "g", "PresenceFrame", "b1", "loss")
    assert not Watching(lost, shown=45 * SECOND).wrong(10 * WITHIN)
    assert Watching(lost, shown=45 * SECOND + 1).wrong(10 * WITHIN)


def test_a_heartbeat_that_is_late_counts_when_it_arrives() -> None:
    for source in ("a1", "presence"):
        late = event(MessageDelayed, GONE - 1, source, "Heartbeat", "h", 10 * SECOND + 1)
        assert not Watching(late).wrong(GONE + 10 * SECOND + WITHIN)
        assert Watching(late).wrong(GONE + 10 * SECOND + WITHIN + 1)
    assert Watching(event(MessageDelayed, GONE - 1, "b2", "Heartbeat", "h", 10 * SECOND)).wrong()


def test_wrong_clocks_excuse() -> None:
    assert not Watching(event(FaultStarted, 30 * SECOND, "faults", 1, "clock_skew", False)).wrong(10 * WITHIN)


def test_in_a_large_company_nobody_is_told() -> None:
    for more, asked in ((98, True), (99, False)):
        others = [(0, (DeviceRegistered, f"b{i}", "bob", "eu", "wifi")) for i in range(3, 3 + more)]
        assert Watching(*others).wrong() is asked


def test_a_conversation_without_presence_is_no_company() -> None:
    watching = Watching()
    opened = next(each for each in watching.tale.events if isinstance(each, ConversationOpened))
    opened.presence = False
    assert not watching.wrong(10 * WITHIN)


def test_who_is_shown_as_offline_is_no_matter() -> None:
    off = (5 * SECOND, (PresenceShown, "b1", "ann", False))
    assert not Watching(off).wrong(10 * WITHIN)


def test_an_app_that_was_closed_shows_nobody() -> None:
    over = (5 * SECOND, (Slept, "b1"))
    again = (6 * SECOND, (Connected, "b1", "g", 2))
    session = event(SessionRegistered, 7 * SECOND, "registry", "b1", "g", 2)
    woke = event(Woke, 6 * SECOND - 1, "b1", "b1", "user")
    assert not Watching(over, woke, again, session).wrong(10 * WITHIN)
    shown = (8 * SECOND, (PresenceShown, "b1", "ann", True))
    assert Watching(over, woke, again, session, shown).wrong(10 * WITHIN)


def test_one_connected_device_is_enough_to_be_online() -> None:
    tale = Tale()
    tale.add(DeviceRegistered, "a2", "ann", "eu", "wifi")
    connected = tale.add(Connected, "a2", "g", 1)
    off = tale.add(PresenceChanged, "ann", False, node="presence", t=10 * WITHIN)
    assert proofs(tale, "connected-is-online") == [(connected, off)]


# --- when somebody was seen last --------------------------------------------------------------------------------------

OFF = 120 * SECOND
HEARD = 70 * SECOND
CLOSED = 80 * SECOND


def seen(at: int, *more: tuple[int, Any], kind: Any = LastSeenStored, without: tuple[str, ...] = ()) -> bool:
    """Whether it is a violation that Ann was seen last at `at`, who got an answer at 70 s and closed her app at 80 s."""
    steps: dict[str, tuple[int, Any]] = {
        "connected": (10 * SECOND, (Connected, "a1", "g", 1)),
        "answer": (HEARD, (SendAccepted, "a1", "c", "s1", "m1", 1)),
        "closed": (CLOSED, (Slept, "a1")),
    }
    tale = Tale()
    every = [*(step for name, step in steps.items() if name not in without), *more]
    for t, what in sorted(every, key=lambda step: step[0]):
        if isinstance(what, tuple):
            tale.add(what[0], *what[1:], t=t)
        else:
            tale.events.append(what)
    tale.add(PresenceChanged, "ann", False, node="presence", t=OFF)
    fields = ("b1", "ann", at) if kind is LastSeenShown else ("ann", at)
    tale.add(kind, *fields, node="b1" if kind is LastSeenShown else "store", t=OFF + 1)
    return bool(proofs(tale, "last-seen-is-the-last-activity"))


@pytest.mark.parametrize("kind", [LastSeenStored, LastSeenShown])
def test_seen_last_is_between_the_last_answer_and_the_end_of_the_app(kind: Any) -> None:
    assert not seen(HEARD - 15 * SECOND, kind=kind)
    assert seen(HEARD - 15 * SECOND - 1, kind=kind)
    assert not seen(CLOSED + 5 * SECOND, kind=kind)
    assert seen(CLOSED + 5 * SECOND + 1, kind=kind)


def test_what_was_heard_just_now_may_still_be_on_its_way() -> None:
    for late in (0, 1):
        answer = (OFF - 5 * SECOND + late, (SyncPageReceived, "a1", "c", 0, 0, 0))
        known = HEARD if late else OFF - 5 * SECOND
        assert not seen(known - 15 * SECOND, answer, without=("closed",))
        assert seen(known - 15 * SECOND - 1, answer, without=("closed",))


def test_what_shows_that_somebody_was_heard() -> None:
    page = (HEARD, (SyncPageReceived, "a1", "c", 0, 0, 0))
    again = (HEARD, (Connected, "a1", "g", 2))
    for proof in (page, again):
        assert seen(HEARD - 15 * SECOND - 1, proof, without=("answer",))
        assert not seen(HEARD - 15 * SECOND, proof, without=("answer",))
    assert not seen(0, without=("answer", "connected"))
    assert not seen(0, without=("connected",)), "by which gateway is not known"
    assert not seen(10 * SECOND - 15 * SECOND, without=("answer",))


def test_an_open_app_may_be_heard_until_the_end() -> None:
    assert not seen(OFF + 5 * SECOND, without=("closed",))
    assert seen(OFF + 5 * SECOND + 1, without=("closed",))
    other = (1, (DeviceRegistered, "a2", "ann", "eu", "wifi"))
    assert not seen(OFF, other)
    assert seen(CLOSED + 5 * SECOND + 1, other, (CLOSED - 1, (Slept, "a2")))
    for back in ((Woke, "a1", "user"), (Restarted, 2), (Wiped, "a1", 2)):
        assert not seen(OFF, event(back[0], CLOSED + 1, "a1", *back[1:]))
    assert seen(CLOSED + 5 * SECOND + 1, event(Crashed, CLOSED, "a1", 1, ""), without=("closed",))


def test_a_heartbeat_may_be_late() -> None:
    for source, stretches in (("a1", True), ("presence", True), ("b1", False)):
        late = event(MessageDelayed, CLOSED - 1, source, "Heartbeat", "h", 10 * SECOND + 1)
        assert seen(CLOSED + 15 * SECOND, late) is not stretches
        assert seen(CLOSED + 15 * SECOND + 1, late)
    still = (event(Paused, 20 * SECOND, "g9"), event(Resumed, 90 * SECOND, "g9", 1))
    assert not seen(95 * SECOND, *still)
    assert seen(95 * SECOND + 1, *still)
    assert not seen(0, still[0])
    assert seen(0, event(Paused, CLOSED - 1, "a1"))


def test_where_beats_got_lost_nothing_is_known_of_the_first() -> None:
    for source, to, excuses in (("g", "presence", True), ("g", "b1", False)):
        lost = event(MessageLost, HEARD - 15 * SECOND + 1, source, "PresenceBeat", to, "loss")
        assert seen(1, lost) is not excuses
        assert seen(1, event(MessageLost, HEARD - 15 * SECOND, source, "PresenceBeat", to, "loss"))
    assert not seen(1, event(Crashed, 100 * SECOND, "g", 1, ""))


def test_a_service_that_was_disturbed_lately_is_not_asked() -> None:
    for t, excuses in ((OFF - 100 * SECOND + 1, True), (OFF - 100 * SECOND, False)):
        assert seen(OFF, event(Restarted, t, "presence", 2)) is not excuses
    assert not seen(OFF, event(FaultStarted, 30 * SECOND, "faults", 1, "clock_skew", False))


@pytest.mark.parametrize("begins", [True, False])
def test_a_service_that_begins_with_the_run_knows_no_more_than_one_that_began_lately(begins: bool) -> None:
    tale = Tale()
    if begins:
        tale.add(Restarted, 2, node="presence", t=0)
    tale.add(Slept, "a1", t=10 * SECOND)
    tale.add(PresenceChanged, "ann", False, node="presence", t=80 * SECOND)
    tale.add(LastSeenStored, "ann", 30 * SECOND, node="store")
    assert bool(proofs(tale, "last-seen-is-the-last-activity")) is not begins


def test_it_says_who_keeps_and_who_shows_what() -> None:
    tale = Tale()
    tale.add(Slept, "a1", t=10 * SECOND)
    tale.add(PresenceChanged, "ann", False, node="presence", t=80 * SECOND)
    tale.add(LastSeenStored, "ann", 30 * SECOND, node="store")
    tale.add(LastSeenShown, "b1", "ann", 30 * SECOND)
    judge = Judge()
    judge.advance(tale.events)
    assert [violation.message for violation in judge.violations] == [
        f"{who} that ann was seen last at 30 s: they were heard of at 15 s at the latest"
        for who in ("store keeps", "b1 shows")
    ]


def test_the_beginning_of_the_record_is_a_time_like_any_other() -> None:
    tale = Tale()
    tale.add(Connected, "a1", "g", 1, t=15 * SECOND)
    tale.add(Slept, "a1", t=20 * SECOND)
    tale.add(PresenceChanged, "ann", False, node="presence", t=80 * SECOND)
    tale.add(LastSeenStored, "ann", 30 * SECOND, node="store")
    assert said(tale, "last-seen-is-the-last-activity") == [
        "store keeps that ann was seen last at 30 s: they were heard of between 0 s and 25 s"
    ]


def test_each_time_that_somebody_went_counts() -> None:
    tale = Tale()
    tale.add(Slept, "a1", t=10 * SECOND)
    for off in (50 * SECOND, 150 * SECOND):
        tale.add(PresenceChanged, "ann", False, node="presence", t=off)
        tale.add(Woke, "a1", "user", node="a1", t=off + 1)
        tale.add(Slept, "a1", t=off + 50 * SECOND)
    assert not proofs(tale, "last-seen-is-the-last-activity")
    first = tale.add(LastSeenStored, "ann", 10 * SECOND, node="store", t=300 * SECOND)
    tale.add(LastSeenStored, "ann", 20 * SECOND, node="store")
    tale.add(LastSeenStored, "ann", 100 * SECOND, node="store")
    gone = next(i for i, each in enumerate(tale.events) if isinstance(each, PresenceChanged) and each.t == 150 * SECOND)
    assert proofs(tale, "last-seen-is-the-last-activity") == []
    tale.add(LastSeenStored, "ann", 106 * SECOND, node="store")
    assert proofs(tale, "last-seen-is-the-last-activity") == [(gone, first + 3)]


def test_before_anybody_went_nothing_is_known() -> None:
    tale = Tale()
    tale.add(LastSeenShown, "b1", "ann", 7)
    tale.add(PresenceChanged, "ann", True, node="presence")
    tale.add(LastSeenShown, "b1", "ann", 10**12)
    assert proofs(tale, "last-seen-is-the-last-activity") == []
