"""Histories that only clients tell of: what the properties of screens, answers, positions and membership say of them.

Requirements: V1, V3.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from client_cases import accept, send, show
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Tale

from model.events import (
    Connected,
    CursorMoved,
    DeviceRegistered,
    Disconnected,
    MemberJoined,
    MemberLeft,
    ReadMarkMoved,
    SendAccepted,
    SendAttempted,
    SendRefused,
    SendRequested,
    Shown,
    Slept,
    Wiped,
)
from properties.base import Liveness
from properties.catalogue import CATALOGUE
from properties.judge import Judge
from properties.record_scope import RecordScope
from sim.history import Event

pytestmark = pytest.mark.requirement("V1", "V3")


def order_violation(*shown: tuple[str, str], again: str = "") -> str:
    """What is said of screens that show these messages in this order; before the last `again` is installed anew."""
    tale = Tale()
    for message in sorted({message for _, message in shown}):
        tale.add(SendRequested, "z1", "c", f"s-{message}", 0)
        tale.add(SendAttempted, "z1", "c", f"s-{message}", message, 1)
    for at, (device, message) in enumerate(shown):
        if again and at == len(shown) - 2:
            tale.add(Wiped, again, 2)
        tale.add(Shown, device, "c", at + 1, message, "zoe")
    judge = Judge()
    judge.advance(tale.events)
    return next((v.message for v in judge.violations if v.property == "one-order-on-all-screens"), "")


@pytest.mark.parametrize(
    ("shown", "again", "says"),
    [
        ((("a1", "x"), ("b1", "x"), ("b1", "y"), ("a1", "y"), ("b2", "x"), ("b2", "y")), "", ""),
        ((("a1", "x"), ("a1", "y"), ("b1", "y"), ("b1", "x")), "", "passed over x"),
        ((("a1", "x"), ("b1", "y")), "", "without x, which others show without y"),
        ((("a1", "x"), ("a1", "y"), ("a1", "z"), ("b1", "x"), ("b1", "z")), "", "passed over y"),
        ((("a1", "x"), ("a1", "y"), ("b1", "x"), ("b1", "y")), "b1", ""),
        ((("a1", "x"), ("a1", "y"), ("b1", "y"), ("b1", "x")), "b1", "showed x below y in c, and others show it above"),
        ((("a1", "x"), ("a1", "y"), ("a1", "z"), ("b1", "y"), ("b1", "z")), "b1", ""),
    ],
)  # fmt: skip
def test_one_order_on_all_screens(shown: tuple[tuple[str, str], ...], again: str, says: str) -> None:
    """In step, a skip, a fork, a gap; and across an installation: the same, the other way round, only the newest."""
    message = order_violation(*shown, again=again)
    assert says in message if says else message == ""


@given(st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None, derandomize=True, database=None)
def test_screens_that_are_no_prefixes_of_one_sequence_are_always_seen(luck: random.Random) -> None:
    """The claim of one-order-on-all-screens, both ways: against the definition, for devices that were there from the start."""
    screens: dict[str, list[str]] = {"a1": [], "b1": [], "b2": []}
    shown: list[tuple[str, str]] = []
    sequence = ["p", "q", "r", "s"]
    for _ in range(luck.randint(1, 10)):
        device = luck.choice(sorted(screens))
        screen = screens[device]
        fresh = [message for message in sequence if message not in screen]
        if fresh:
            message = fresh[0] if luck.random() < 0.85 else luck.choice(fresh)
            screen.append(message)
            shown.append((device, message))
    longest = max(screens.values(), key=len)
    one = all(screen == longest[: len(screen)] for screen in screens.values())
    assert (order_violation(*shown) == "") == one


# --- one condition flipped: what `make mutate` found -----------------------------------------------------------------


def said(tale: Tale, name: str, **scope: Any) -> list[str]:
    judge = Judge(scope=RecordScope(**scope))
    judge.advance(tale.events)
    return [v.message for v in judge.violations if v.property == name]


def test_what_each_property_takes_a_history_to_be() -> None:
    """Which of them need no numbers, none but an order without gaps, or an answer to every send."""
    assert {kind.name for kind in CATALOGUE if not kind.numbers} == {
        "badges-are-possible", "badges-go-with-reading",
        "shown-is-what-was-sent", "only-members-are-accepted", "read-marks-name-what-was-shown",
        "cursors-go-forward", "cursors-name-what-is-there", "every-send-is-answered", "hints-reach-their-user",
        "membership-takes-turns", "message-ids-are-not-reused", "nothing-new-after-leaving", "one-message-per-send",
        "one-order-on-all-screens", "own-messages-are-there", "places-agree", "presence-converges", "questions-come-first",
        "rate-limits-bite", "lag-raises-an-alarm", "line-is-served", "turned-away-is-told", "stops-are-gentle",
        "backlog-is-served", "notifications-name-who-wrote",
        "sessions-end-with-their-token", "abuse-policy-is-kept",
        "read-marks-go-forward", "real-time-order-is-shown", "reconnects-are-spaced", "refused-is-not-shown",
        "retry-after-is-respected", "senders-order-is-shown", "shown-once", "shown-was-sent", "stored-before-shown",
        "presence-is-shown-in-time", "only-members-are-notified", "placeholders-are-replaced", "sleepers-are-notified",
        "typing-ends", "typing-is-of-others", "typing-stays-inside", "what-was-accepted-is-shown",
        "what-came-before-is-shown",
    }  # fmt: skip
    assert {kind.name for kind in CATALOGUE if kind.gapless} == {
        "ack-is-sound",
        "device-cursor-is-sound",
        "history-pages-are-whole",
        "own-messages-are-there",
        "sleepers-are-notified",
        "what-came-before-is-shown",
        "what-was-accepted-is-shown",
    }
    assert {kind.name for kind in CATALOGUE if kind.answers} == {"every-send-is-answered"}
    assert {kind.name for kind in CATALOGUE if kind.tries} == {"reconnects-are-spaced"}


def test_whose_history_may_have_gaps_or_who_was_away_may_pass_over_something() -> None:
    for gaps, away in ((False, False), (True, False), (False, True)):
        tale = Tale()
        for number in (1, 2, 3):
            send(tale, number)
        show(tale, "a1", "m1", "m2", "m3")
        show(tale, "b1", "m1")
        if away:
            tale.add(MemberLeft, "c", 4, "bob", "ann", 4, node="store")
            tale.add(MemberJoined, "c", 5, "bob", "ann", 1, node="store")
            show(tale, "b2", "m1", "m3")
        else:
            show(tale, "b1", "m3")
        expected = [] if gaps or away else ["b1 passed over m2 in c and showed m3"]
        assert said(tale, "one-order-on-all-screens", gaps=gaps) == expected


@pytest.mark.parametrize(("device", "skew", "wrong"), [("a1", 50_000, 1), ("b1", 1_000, 0), ("b1", 999, 1)])
def test_the_clock_of_one_device_is_one(device: str, skew: int, wrong: int) -> None:
    """m1 is accepted a millisecond before the next one is sent, from the same device or another."""
    tale = Tale()
    send(tale, 1)
    accept(tale, 1)
    send(tale, 2, device)
    second = "m2" if device == "a1" else "b1-m2"
    show(tale, "b2", second, "m1")
    show(tale, "a1", second)
    assert len(said(tale, "real-time-order-is-shown", skew=skew)) == wrong
    assert len(said(tale, "own-messages-are-there", skew=skew)) == wrong


@pytest.mark.parametrize(
    ("kind", "name"), [(CursorMoved, "cursors-go-forward"), (ReadMarkMoved, "read-marks-go-forward")]
)
@pytest.mark.parametrize(("to", "says"), [(1, ["m2 to m1"]), (2, []), (3, [])])
def test_a_position_may_move_before_its_message_is_on_any_screen(
    kind: type[Event], name: str, to: int, says: list[str]
) -> None:
    """As a device does that keeps a message, moves, and shows it then: what it moved to counts once it is shown."""
    tale = Tale()
    moves = []
    for number in (1, 2, 3):
        send(tale, number)
        moves.append(tale.add(kind, "b1", "c", number, *([] if kind is CursorMoved else ["b1"])))
        if number < 3:
            show(tale, "b1", f"m{number}")
    back = tale.add(kind, "b1", "c", to, *([] if kind is CursorMoved else ["b1"]))
    judge = Judge()
    judge.advance(tale.events)
    wrong = [violation for violation in judge.violations if violation.property == name]
    assert [violation.message.split(" from ")[1] for violation in wrong] == says
    assert all(violation.evidence == (moves[1], back) for violation in wrong)


def test_the_last_move_to_the_lowest_place_is_the_evidence() -> None:
    tale = Tale()
    for number in (1, 2):
        send(tale, number)
    tale.add(CursorMoved, "b1", "c", 2)
    show(tale, "b1", "m1", "m2")
    again = tale.add(CursorMoved, "b1", "c", 2)
    back = tale.add(CursorMoved, "b1", "c", 1)
    judge = Judge()
    judge.advance(tale.events)
    assert [v.evidence for v in judge.violations if v.property == "cursors-go-forward"] == [(again, back)]


@pytest.mark.parametrize(("first", "then"), [("b1", "b2"), ("b2", "b1")])
def test_what_was_on_no_screen_counts_for_the_device_that_moved_to_it(first: str, then: str) -> None:
    tale = Tale()
    for number in (1, 2):
        send(tale, number)
    tale.add(CursorMoved, first, "c", 2)
    show(tale, "b1", "m1", "m2")
    show(tale, "b2", "m1", "m2")
    tale.add(CursorMoved, then, "c", 1)
    assert said(tale, "cursors-go-forward") == []
    tale.add(CursorMoved, first, "c", 1)
    assert len(said(tale, "cursors-go-forward")) == 1


def test_what_is_accepted_in_the_microsecond_of_another_send_was_not_accepted_before_it() -> None:
    tale = Tale()
    send(tale, 1)
    accept(tale, 1)
    tale.add(SendRequested, "b1", "c", "s2", 2, t=tale.now)
    tale.add(SendAttempted, "b1", "c", "s2", "b1-m2", 1)
    show(tale, "b2", "b1-m2", "m1")
    show(tale, "a1", "b1-m2")
    assert said(tale, "real-time-order-is-shown") == []
    assert said(tale, "own-messages-are-there") == []


def test_what_was_never_accepted_has_no_place_in_real_time_and_showing_again_is_no_order() -> None:
    tale = Tale()
    send(tale, 1)
    send(tale, 2, "b1")
    show(tale, "b2", "b1-m2", "m1")
    assert said(tale, "real-time-order-is-shown") == []
    tale = Tale()
    send(tale, 1)
    accept(tale, 1)
    send(tale, 2, "b1")
    show(tale, "b2", "m1", "b1-m2", "m1")
    assert said(tale, "real-time-order-is-shown") == []


def test_two_tries_of_one_send_are_in_no_order() -> None:
    tale = Tale()
    send(tale, 1)
    tale.add(SendAttempted, "a1", "c", "s1", "m2", 2)
    show(tale, "b1", "m1", "m2")
    assert said(tale, "senders-order-is-shown") == []


def test_the_last_thing_on_the_screen_is_a_question_too_and_showing_it_again_is_not() -> None:
    for wrong in (True, False):
        tale = Tale()
        send(tale, 1)
        show(tale, "b1", "m1")
        send(tale, 2, "b1")
        show(tale, "b2", *(() if wrong else ("m1",)), "b1-m2", "m1")
        told = ["b2 showed m1 below b1-m2 in c, whose sender had it on b1 when writing"]
        assert said(tale, "questions-come-first") == (told if wrong else [])


@pytest.mark.parametrize("later", [True, False])
def test_what_lies_above_the_beginning_of_a_new_installation_is_no_question(later: bool) -> None:
    """b1 was installed anew, shows m2 and answers; whether it shows m1 after that or not, m1 was not there."""
    tale = Tale()
    send(tale, 1)
    send(tale, 2)
    show(tale, "a1", "m1", "m2")
    tale.add(Wiped, "b1", 2)
    show(tale, "b1", "m2")
    send(tale, 3, "b1")
    show(tale, "b1", *(("m1",) if later else ()))
    show(tale, "b2", "b1-m3", "m1")
    assert said(tale, "questions-come-first") == []


def test_a_message_at_anothers_place_that_had_one_of_its_own_is_told_twice() -> None:
    tale = Tale()
    for seq, message in ((4, "m1"), (5, "m2"), (4, "m2")):
        tale.add(Shown, "b1", "c", seq, message, "ann")
    assert said(tale, "places-agree") == [
        "b1 has m2 as c 4, which is m1 elsewhere",
        "b1 has m2 of c as 4, and it is 5 elsewhere",
    ]


def test_a_refusal_is_wrong_before_and_after_and_what_is_wrong_is_told() -> None:
    def answers(*order: str) -> list[str]:
        tale = Tale()
        send(tale, 1)
        for what in order:
            if what == "refused":
                tale.add(SendRefused, "a1", "c", "s1", "m1", "not a member")
            elif what == "shown":
                show(tale, "b1", "m1")
            else:
                accept(tale, 1)
        return said(tale, "refused-is-not-shown")

    assert answers("shown", "refused") == ["m1 was refused, and b1 had shown it"]
    assert answers("accepted", "refused") == ["m1 was refused, and had been accepted"]
    assert answers("refused", "shown") == ["m1 was shown, and had been refused"]
    assert answers("refused", "accepted") == ["m1 was accepted, and had been refused"]


@pytest.mark.parametrize("before", range(4))
def test_each_screen_that_shows_what_is_refused_counts_before_the_refusal_and_after(before: int) -> None:
    """What was only told of one of them made the same harm look smaller, the later the refusal came."""
    tale = Tale()
    send(tale, 1)
    screens = ("a1", "b1", "b2")
    for number, device in enumerate(screens):
        if number == before:
            tale.add(SendRefused, "a1", "c", "s1", "m1", "not a member")
        show(tale, device, "m1")
    if before == len(screens):
        tale.add(SendRefused, "a1", "c", "s1", "m1", "not a member")
    told = said(tale, "refused-is-not-shown")
    assert told == [
        *(f"m1 was refused, and {device} had shown it" for device in screens[:before]),
        *(["m1 was shown, and had been refused"] * (len(screens) - before)),
    ]


def test_what_is_refused_and_shown_nowhere_is_fine() -> None:
    tale = Tale()
    send(tale, 1)
    send(tale, 2)
    show(tale, "b1", "m2")
    tale.add(SendRefused, "a1", "c", "s1", "m1", "not a member")
    assert said(tale, "refused-is-not-shown") == []


@pytest.mark.parametrize(("skew", "apart", "wrong"), [(0, 1_000, 1), (50_000, 1_000, 0), (0, 0, 0), (1_000, 1_000, 0)])
def test_who_leaves_in_the_microsecond_of_a_send_may_see_it(skew: int, apart: int, wrong: int) -> None:
    tale = Tale()
    tale.add(MemberLeft, "c", 2, "bob", "ann", 2, node="store")
    tale.add(SendRequested, "a1", "c", "s3", 3, t=tale.now + apart)
    tale.add(SendAttempted, "a1", "c", "s3", "m3", 1)
    show(tale, "b1", "m3")
    told = ["b1 showed m3 of c, which was sent after bob had left"]
    assert said(tale, "nothing-new-after-leaving", skew=skew) == told * wrong


def test_whoever_was_first_to_answer_knew_the_question() -> None:
    """Two answers from the same place of the screen: a1 had m1 above it, b1 was installed anew and had not."""
    tale = Tale()
    send(tale, 1, "z1", "m1")
    send(tale, 2, "z1", "m2")
    show(tale, "a1", "m1", "m2")
    tale.add(Wiped, "b1", 2)
    show(tale, "b1", "m2")
    send(tale, 3)
    send(tale, 4, "b1")
    show(tale, "b2", "m3", "b1-m4", "m1")
    assert said(tale, "questions-come-first") == ["b2 showed m1 below m3 in c, whose sender had it on a1 when writing"]


def test_what_nobody_is_known_to_have_sent_says_nothing_of_who_left() -> None:
    tale = Tale()
    tale.add(MemberLeft, "c", 2, "bob", "ann", 2, node="store")
    show(tale, "b1", "m3")
    show(tale, "z1", "m3")
    send(tale, 3)
    assert said(tale, "nothing-new-after-leaving") == []


@pytest.mark.parametrize("order", [("m3", "m4"), ("m4", "m3")])
def test_of_two_answers_the_one_that_knew_more_counts(order: tuple[str, str]) -> None:
    """a1 sends m3 with m1 on its screen, and m4 with m2, too."""
    tale = Tale()
    send(tale, 1, "z1", "m1")
    send(tale, 2, "z1", "m2")
    show(tale, "a1", "m1")
    send(tale, 3)
    show(tale, "a1", "m2")
    send(tale, 4)
    show(tale, "b2", *order, "m2")
    assert said(tale, "questions-come-first") == ["b2 showed m2 below m4 in c, whose sender had it on a1 when writing"]


def test_what_nobody_is_known_to_have_sent_or_is_shown_by_nobody_is_left_out_of_the_order() -> None:
    tale = Tale()
    send(tale, 1)
    show(tale, "a1", "m1")
    show(tale, "b1", "x9")
    show(tale, "z1", "m1")
    send(tale, 2)
    show(tale, "a1", "m2")
    assert said(tale, "one-order-on-all-screens") == []


def test_of_two_that_were_sent_at_once_the_one_that_is_further_down_is_named() -> None:
    tale = Tale()
    send(tale, 1)
    accept(tale, 1)
    for device, message in (("a1", "m2"), ("b1", "b1-m2")):
        tale.add(SendRequested, device, "c", "s2", 2, t=tale.now + (1_000 if device == "a1" else 0))
        tale.add(SendAttempted, device, "c", "s2", message, 1, t=tale.now)
    show(tale, "b2", "m2", "b1-m2", "m1")
    (told,) = said(tale, "real-time-order-is-shown")
    assert told.startswith("b2 showed m1 below b1-m2 in c, ")


def test_the_clock_begins_with_0() -> None:
    tale = Tale()
    tale.add(SendRequested, "a1", "c", "s1", 1, t=0)
    tale.add(SendAttempted, "a1", "c", "s1", "m1", 1, t=0)
    tale.add(SendAccepted, "a1", "c", "s1", "m1", 0, t=0)
    send(tale, 2, "b1")
    show(tale, "b2", "b1-m2", "m1")
    assert len(said(tale, "real-time-order-is-shown")) == 1


def test_what_is_there_of_a_conversation_that_is_older_than_the_record_is_not_known() -> None:
    tale = Tale(head=5)
    tale.add(CursorMoved, "b1", "c", 7)
    assert said(tale, "cursors-name-what-is-there") == []


def test_a_cursor_that_says_the_same_again_does_not_go_back_and_that_of_a_stranger_is_none() -> None:
    tale = Tale()
    send(tale, 1)
    show(tale, "b1", "m1")
    for device in ("b1", "b1", "z1"):
        tale.add(CursorMoved, device, "c", 1)
    assert said(tale, "cursors-go-forward") == []
    assert said(tale, "cursors-name-what-is-there") == []


# --- what is owed to the screens -------------------------------------------------------------------------------------


def debt(tale: Tale, **scope: Any) -> tuple[int, list[tuple[str, tuple[int, ...]]]]:
    """How much is owed, and for each device and conversation the first that is, with its evidence."""
    judge = Judge(scope=RecordScope(**scope))
    judge.advance(tale.events)
    prop = next(p for p in judge.properties if p.name == "what-was-accepted-is-shown")
    assert isinstance(prop, Liveness)
    return prop.owed(), [(owed.message, owed.evidence) for owed in prop.missing()]


def test_what_was_accepted_is_owed_once_by_each_device_and_told_as_what_it_is() -> None:
    tale = Tale()
    send(tale, 1)
    assert debt(tale) == (0, [])
    accept(tale, 1)
    accepted = len(tale.events) - 1
    told = [(f"{device} never showed m1 of c, which was accepted", (accepted,)) for device in ("a1", "b1", "b2")]
    assert debt(tale) == (3, told)
    show(tale, "b1", "m1", "m1")
    shown = len(tale.events) - 2
    told = [(f"{device} never showed m1 of c, which others show", (shown,)) for device in ("a1", "b2")]
    assert debt(tale) == (2, told)


def test_what_was_shown_before_it_is_known_to_be_sent_is_not_owed_and_an_unknown_conversation_owes_nothing() -> None:
    tale = Tale()
    show(tale, "b1", "m1")
    send(tale, 1)
    accept(tale, 1)
    tale.add(SendAttempted, "a1", "x", "s2", "m2", 1)
    tale.add(SendAccepted, "a1", "x", "s2", "m2", 0)
    assert debt(tale)[0] == 2


def test_a_device_that_was_registered_after_a_send_owes_it_not_and_shows_it_for_nobody() -> None:
    tale = Tale()
    send(tale, 1)
    tale.add(DeviceRegistered, "b3", "bob", "eu", "wifi")
    accept(tale, 1)
    assert debt(tale)[0] == 3
    show(tale, "b3", "m1")
    assert debt(tale)[0] == 3
    tale.add(Wiped, "b3", 2)
    assert debt(tale)[0] == 3


@pytest.mark.parametrize(
    ("skew", "apart", "owed"), [(0, -1_000, 0), (0, 0, 1), (5_000, 4_999, 0), (5_000, 5_000, 1), (5_000, 9_000, 1)]
)
def test_who_joined_owes_what_was_sent_after_that(skew: int, apart: int, owed: int) -> None:
    """By a clock that may be `skew` apart."""
    tale = Tale()
    if apart < 0:
        tale.add(SendRequested, "a1", "c", "s3", 3)
    tale.add(MemberJoined, "c", 2, "zoe", "ann", 1, node="store")
    if apart >= 0:
        tale.add(SendRequested, "a1", "c", "s3", 3, t=tale.now + apart)
    tale.add(SendAttempted, "a1", "c", "s3", "m3", 1)
    tale.add(SendAccepted, "a1", "c", "s3", "m3", 0)
    assert debt(tale, skew=skew)[0] == 3 + owed
    tale.add(MemberLeft, "c", 4, "zoe", "ann", 4, node="store")
    assert debt(tale, skew=skew)[0] == 3


def test_a_device_that_is_away_owes_nothing_however_it_went_and_whatever_happens_to_it() -> None:
    tale = Tale()
    send(tale, 1)
    show(tale, "a1", "m1")
    show(tale, "b1", "m1")
    assert debt(tale)[0] == 1
    tale.add(Disconnected, "b2", "g", 1, "closed")
    tale.add(Slept, "b2")
    tale.add(Disconnected, "b1", "g", 1, "closed")
    assert debt(tale) == (0, [])
    tale.add(Wiped, "b1", 2)
    assert debt(tale) == (0, [])
    tale.add(Connected, "b1", "g", 1)
    assert debt(tale)[0] == 1
    tale.add(Connected, "b2", "g", 1)
    assert debt(tale)[0] == 2


def test_so_many_violations_are_kept_and_all_are_counted() -> None:
    tale = Tale()
    show(tale, "b1", "m1", "m2", "m3", "m4")
    for keep, kept in ((None, 4), (2, 2)):
        judge = Judge(keep=keep)
        judge.advance(tale.events)
        assert len([v for v in judge.violations if v.property == "shown-was-sent"]) == kept
        assert judge.count_of("shown-was-sent") == 4
        where = [] if keep is None else list(range(len(tale.events) - 4, len(tale.events)))
        assert list(judge.places.get("shown-was-sent", ())) == where, "each one's place is kept"


@pytest.mark.parametrize(
    ("gaps", "says"),
    [
        (False, ["b1 skipped to c 3 after 1", "b1 went back to c 3 after 3", "b1 went back to c 2 after 3"]),
        (True, ["b1 went back to c 3 after 3", "b1 went back to c 2 after 3"]),
    ],
)
def test_where_gaps_are_allowed_a_device_may_leave_out_and_never_stay_or_go_back(gaps: bool, says: list[str]) -> None:
    tale = Tale()
    for seq in (1, 3, 3, 2):
        tale.add(Shown, "b1", "c", seq, f"m{seq}", "ann")
    assert said(tale, "shown-in-order", gaps=gaps) == says


@pytest.mark.parametrize(("head", "opaque", "wrong"), [(0, False, 1), (0, True, 1), (5, False, 1), (5, True, 0)])
def test_only_what_may_be_older_than_the_record_may_be_unknown(head: int, opaque: bool, wrong: int) -> None:
    """Message 6 is new by its number; of an opaque id, nobody can say so in a conversation that has a past."""
    tale = Tale(head)
    tale.add(Shown, "b1", "c", 6, "m6", "ann")
    assert said(tale, "shown-was-sent", opaque=opaque) == ["b1 showed m6, which nobody sent"] * wrong


@pytest.mark.parametrize(("late", "wrong"), [(5_000, 0), (5_001, 1)])
def test_who_sends_later_than_clocks_can_be_apart_did_not_send_what_was_shown(late: int, wrong: int) -> None:
    """It is given up when the next thing is shown: the history has not ended, and it is sent after all."""
    tale = Tale()
    tale.add(Shown, "b1", "c", 1, "m1", "ann")
    shown = tale.now
    send(tale, 2)
    tale.add(Shown, "b2", "c", 2, "m2", "ann", t=shown + late)
    assert said(tale, "shown-was-sent", skew=5_000) == ["b1 showed m1, which nobody sent"] * wrong
    send(tale, 1)
    tale.add(Shown, "b2", "c", 1, "m1", "ann", t=shown + 20_000)
    assert said(tale, "shown-was-sent", skew=5_000) == ["b1 showed m1, which nobody sent"] * wrong


@pytest.mark.parametrize("begun", [True, False])
def test_a_device_that_was_there_before_anything_was_sent_begins_with_the_first(begun: bool) -> None:
    """... and one that came later begins anywhere."""
    tale = Tale()
    if begun:
        send(tale, 1)
    tale.add(DeviceRegistered, "b3", "bob", "eu", "wifi")
    if not begun:
        send(tale, 1)
    send(tale, 2)
    show(tale, "a1", "m1", "m2")
    show(tale, "b3", "m2")
    assert said(tale, "one-order-on-all-screens") == ([] if begun else ["b3 passed over m1 in c and showed m2"])
