"""badges-go-with-reading, condition by condition: what makes a badge owed, and what keeps it from being judged."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from client_cases import BOUND, send, show
from support import Tale

from model.events import (
    Connected,
    Disconnected,
    MemberJoined,
    ReadMarkMoved,
    SendAttempted,
    Slept,
    UnreadShown,
    Wiped,
)
from parley.record.reading import OBSERVABLE
from properties.judge import Judge
from properties.record_scope import RecordScope
from sim.history import Crashed, Ended, Healed
from sim.verdicts import UNKNOWN

pytestmark = pytest.mark.requirement("V1", "V3")

NAME = "badges-go-with-reading"
SIMULATED = RecordScope()


def exported(*, opaque: bool = False) -> RecordScope:
    return RecordScope(OBSERVABLE, opaque=opaque)


def read(upto: int = 3, unread: int = 1, *, base: int = 0) -> Tale:
    """Ann sends three, Bob one; b1 shows all, its user has read up to one of them, and a badge says so many."""
    tale = Tale(base)
    for number in (1, 2, 3):
        send(tale, number)
    send(tale, 4, "b1")
    show(tale, "b1", "m1", "m2", "m3", "b1-m4")
    if upto:
        tale.add(ReadMarkMoved, "b1", "c", upto, "b1")
    tale.add(UnreadShown, "b1", "c", unread)
    return tale


def over(tale: Tale, after: int = BOUND) -> Tale:
    tale.add(Healed, BOUND, node="run")
    tale.add(Ended, node="run", t=tale.now + after)
    return tale


def says(tale: Tale, scope: RecordScope = SIMULATED) -> list[str]:
    judge = Judge(scope=scope)
    judge.advance(tale.events)
    return [violation.message for violation in judge.violations if violation.property == NAME]


@pytest.mark.parametrize(
    "scope", [SIMULATED, exported(), exported(opaque=True)], ids=["simulated", "numbers", "opaque"]
)
@pytest.mark.parametrize(
    ("upto", "unread", "most"),
    [(3, 0, None), (3, 1, 0), (2, 1, None), (2, 2, 1), (0, 3, None), (0, 4, 3), (4, 1, 0)],
)
def test_a_badge_counts_what_others_sent_above_the_mark_at_most(
    upto: int, unread: int, most: int | None, scope: RecordScope
) -> None:
    expected = [] if most is None else [f"b1 shows {unread} unread in c, of at most {most} above its own read mark"]
    assert says(over(read(upto, unread)), scope) == expected


def test_what_is_sent_later_may_be_counted() -> None:
    tale = read(3, 1)
    send(tale, 5)
    assert says(over(tale)) == []


def test_what_is_sent_a_second_time_is_one_message() -> None:
    tale = read(3, 1)
    tale.add(SendAttempted, "a1", "c", "s1", "m1", 2)
    assert len(says(over(tale))) == 1


@pytest.mark.parametrize(("opaque", "wrong"), [(True, 0), (False, 1)])
def test_where_ids_only_name_a_mark_passes_what_was_shown_before_it(opaque: bool, wrong: int) -> None:
    """m1 appears below m2, up to which is read: it may be above it, but for its number."""
    tale = Tale()
    for number in (1, 2):
        send(tale, number)
    show(tale, "b1", "m2", "m1")
    tale.add(ReadMarkMoved, "b1", "c", 2, "b1")
    tale.add(UnreadShown, "b1", "c", 1)
    assert len(says(over(tale), exported(opaque=opaque))) == wrong


def test_a_mark_counts_from_when_its_message_is_shown() -> None:
    """By an opaque id nobody knows what lies below it before; and what is shown again is one message."""
    tale = Tale()
    for number in (1, 2):
        send(tale, number)
    tale.add(ReadMarkMoved, "b1", "c", 2, "b2")
    tale.add(UnreadShown, "b1", "c", 2)
    show(tale, "b1", "m1", "m1")
    assert says(over(tale), exported(opaque=True)) == []
    tale.events[-2:] = []
    show(tale, "b1", "m2")
    assert len(says(over(tale), exported(opaque=True))) == 1


@pytest.mark.parametrize(("unread", "wrong"), [(2, 0), (3, 1)])
def test_a_mark_passes_what_is_below_it_whenever_that_was_shown(unread: int, wrong: int) -> None:
    tale = Tale()
    for number in (1, 2, 3):
        send(tale, number)
    show(tale, "b1", "m3", "m1", "m2")
    tale.add(ReadMarkMoved, "b1", "c", 1, "b1")
    tale.add(UnreadShown, "b1", "c", unread)
    assert len(says(over(tale))) == wrong


ENDS: dict[str, Callable[[Tale], object]] = {
    "slept": lambda tale: tale.add(Slept, "b1"),
    "crashed": lambda tale: tale.add(Crashed, 1, "", node="b1"),
    "wiped": lambda tale: tale.add(Wiped, "b1", 2),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_was_on_the_screen_of_an_app_that_ended_is_gone(end: str) -> None:
    tale = read()
    ENDS[end](tale)
    assert says(over(tale)) == []


def test_another_device_s_app_that_ends_changes_nothing() -> None:
    tale = read()
    tale.add(Slept, "b2")
    assert len(says(over(tale))) == 1


def test_a_conversation_that_is_older_or_that_somebody_joined_is_not_judged() -> None:
    assert says(over(read(3, 1, base=9)), exported(opaque=True)) == []
    tale = read()
    tale.add(MemberJoined, "c", 5, "zoe", "ann", 5, node="store")
    assert says(over(tale)) == []


@pytest.mark.parametrize(("stays", "wrong"), [(BOUND, 1), (BOUND - 1, 0)])
def test_who_logs_off_owes_it_after_as_long_as_the_system_has(stays: int, wrong: int) -> None:
    """In another system's history: from healing on, or from the badge, if that is later; not in a simulated one."""
    tale = read()
    tale.add(Connected, "b1", "", 1)
    tale.add(Healed, BOUND, node="run")
    tale.add(Disconnected, "b1", "", 1, "closed", t=tale.now + stays)
    tale.add(Ended, node="run", t=tale.now + BOUND)
    assert len(says(tale, exported())) == wrong
    assert len(says(tale)) == 1


def test_who_logged_off_in_time_does_not_speak_for_others() -> None:
    tale = read()
    show(tale, "b2", "m1", "m2", "m3", "b1-m4")
    tale.add(ReadMarkMoved, "b2", "c", 3, "b2")
    tale.add(UnreadShown, "b2", "c", 1)
    tale.add(Disconnected, "b1", "", 1, "closed")
    assert [message.split()[0] for message in says(over(tale), exported())] == ["b2"]


def test_who_is_back_owes_it() -> None:
    tale = read()
    tale.add(Disconnected, "b1", "", 1, "closed")
    tale.add(Connected, "b1", "", 2)
    assert len(says(over(tale), exported())) == 1


def test_it_is_owed_when_the_time_is_up_and_not_before() -> None:
    assert says(over(read(), BOUND - 1)) == []
    judge = Judge()
    judge.advance(over(read(), BOUND - 1).events)
    assert next(verdict.status for verdict in judge.verdicts() if verdict.property == NAME) == UNKNOWN
