"""What who left is told, tasks that are given up, tries to connect, and one's own typing: each condition from both sides."""

from __future__ import annotations

import pytest
from support import Tale

from model.events import (
    VOCABULARY,
    Connected,
    DeadLettered,
    DeviceRegistered,
    Disconnected,
    Enqueued,
    LeaseExpired,
    MemberJoined,
    MemberLeft,
    Slept,
    SyncPageReceived,
    TaskClosed,
    TaskLeased,
    TaskReleased,
    TypingShown,
    Wiped,
)
from properties.judge import Judge
from properties.record_scope import RecordScope
from sim.history import Crashed, Event
from sim.verdicts import UNKNOWN

pytestmark = pytest.mark.requirement("V1", "V3")

HEADS = "heads-stay-inside"
LEASES = "one-lease-is-no-end"
CONNECTS = "reconnects-are-spaced"
TYPING = "typing-is-of-others"


def said(tale: Tale, name: str, scope: RecordScope | None = None) -> list[tuple[str, tuple[int, ...]]]:
    judge = Judge(scope=scope or RecordScope())
    judge.advance(tale.events)
    return [(violation.message, violation.evidence) for violation in judge.violations if violation.property == name]


def times_tested(tale: Tale, name: str, scope: RecordScope | None = None) -> int:
    judge = Judge(scope=scope or RecordScope())
    judge.advance(tale.events)
    return next(verdict.tested for verdict in judge.verdicts() if verdict.property == name)


# --- heads ---------------------------------------------------------------------------------------------------------------


def leave(tale: Tale, seq: int = 5, reads_to: int = 5, user: str = "bob") -> int:
    return tale.add(MemberLeft, "c", seq, user, "ann", reads_to, node="store")


def page(tale: Tale, head: int, device: str = "b1", conversation: str = "c") -> int:
    return tale.add(SyncPageReceived, device, conversation, 5, 0, head)


def test_a_head_above_the_leave_is_told_to_nobody_who_left() -> None:
    tale = Tale()
    left = leave(tale)
    told = page(tale, 6)
    assert said(tale, HEADS) == [("b1 is told that c has 6, but bob left it and may know of 5", (left, told))]
    assert times_tested(tale, HEADS) == 1


@pytest.mark.parametrize(("seq", "reads_to", "may"), [(5, 5, 5), (5, 4, 5), (5, 1, 5), (5, 7, 7)])
def test_up_to_the_leave_a_page_may_be_from_before_it_and_up_to_what_may_be_read_it_may_tell(
    seq: int, reads_to: int, may: int
) -> None:
    for head, wrong in ((may, False), (may + 1, True)):
        tale = Tale()
        leave(tale, seq, reads_to)
        page(tale, head)
        assert bool(said(tale, HEADS)) == wrong
        assert times_tested(tale, HEADS) == 1


def test_who_came_back_is_told_again_and_who_left_again_is_not() -> None:
    tale = Tale()
    leave(tale)
    tale.add(MemberJoined, "c", 7, "bob", "ann", 7, node="store")
    page(tale, 9)
    assert times_tested(tale, HEADS) == 0
    left = leave(tale, 9, 9)
    page(tale, 9)
    told = page(tale, 10)
    assert [evidence for _, evidence in said(tale, HEADS)] == [(left, told)]
    assert times_tested(tale, HEADS) == 2


def test_others_who_stayed_another_conversation_and_devices_of_nobody_are_not_judged() -> None:
    tale = Tale()
    leave(tale)
    page(tale, 9, "a1")
    page(tale, 9, conversation="d")
    page(tale, 9, "x1")
    tale.add(MemberJoined, "c", 7, "ann", "ann", 7, node="store")
    page(tale, 4)
    assert said(tale, HEADS) == []
    assert times_tested(tale, HEADS) == 1


def test_a_record_may_begin_with_a_leave_or_with_a_lost_connection() -> None:
    tale = Tale()
    tale.events.clear()
    left = leave(tale)
    tale.add(DeviceRegistered, "b1", "bob", "eu", "wifi")
    told = page(tale, 6)
    assert [evidence for _, evidence in said(tale, HEADS)] == [(left, told)]
    tale.events.clear()
    lost = lose(tale)
    back = come_back(tale, 20, 0)
    assert [evidence for _, evidence in said(tale, CONNECTS)] == [(lost, back)]


def test_by_clocks_that_differ_a_return_may_have_come_first() -> None:
    tale = Tale()
    leave(tale)
    page(tale, 6)
    assert said(tale, HEADS, RecordScope(skew=1)) == []
    assert times_tested(tale, HEADS, RecordScope(skew=1)) == 0


# --- leases --------------------------------------------------------------------------------------------------------------


def lease(tale: Tale, attempt: int = 1, task: int = 0, queue: str = "queue") -> int:
    return tale.add(TaskLeased, "c", 1, "w1", attempt, 0, task, node=queue)


def give_up(tale: Tale, attempts: int, task: int = 0, queue: str = "queue") -> int:
    return tale.add(DeadLettered, "c", 1, attempts, task, node=queue)


def test_a_task_that_was_leased_once_is_not_given_up() -> None:
    tale = Tale()
    leased = lease(tale)
    dead = give_up(tale, 1)
    assert said(tale, LEASES) == [("task 0 of queue, of c 1, was given up after one lease", (leased, dead))]


def test_nor_is_one_that_nobody_had() -> None:
    tale = Tale()
    tale.add(Enqueued, "c", 1, "service", node="queue")
    dead = give_up(tale, 0)
    assert said(tale, LEASES) == [("task 0 of queue, of c 1, was given up after no lease at all", (dead,))]


@pytest.mark.parametrize("attempts", [1, 3])
def test_a_dead_letter_says_how_often_it_was_tried(attempts: int) -> None:
    tale = Tale()
    lease(tale)
    leased = lease(tale, 2)
    dead = give_up(tale, attempts)
    told = f"task 0 of queue, of c 1, was given up after {attempts} leases, of which there were 2"
    assert said(tale, LEASES) == [(told, (leased, dead))]


def test_another_task_and_another_queue_have_leases_of_their_own() -> None:
    tale = Tale()
    for task, queue in ((0, "queue"), (1, "queue"), (0, "queue-2")):
        lease(tale, 1, task, queue)
    for task, queue in ((1, "queue"), (0, "queue-2")):
        lease(tale, 2, task, queue)
        give_up(tale, 2, task, queue)
    assert said(tale, LEASES) == []
    give_up(tale, 1)
    assert len(said(tale, LEASES)) == 1


def test_a_task_that_is_closed_is_over() -> None:
    tale = Tale()
    lease(tale)
    tale.add(TaskClosed, "c", 1, "w1", node="queue")
    assert said(tale, LEASES) == []
    assert times_tested(tale, LEASES) == 0
    give_up(tale, 1)
    assert [evidence for _, evidence in said(tale, LEASES)] == [(len(tale.events) - 1,)]


def test_what_puts_it_to_the_test_is_a_lease_that_came_to_nothing() -> None:
    tale = Tale()
    lease(tale)
    tale.add(LeaseExpired, "c", 1, "w1", node="queue")
    lease(tale, 2)
    tale.add(TaskReleased, "c", 1, "w1", 5, node="queue")
    assert times_tested(tale, LEASES) == 2


# --- tries to connect ----------------------------------------------------------------------------------------------------


def lose(tale: Tale, epoch: int = 1, device: str = "a1") -> int:
    return tale.add(Disconnected, device, "g", epoch, "reset")


def come_back(tale: Tale, tries: int, took: int, device: str = "a1") -> int:
    return tale.add(Connected, device, "g", 1 + tries, t=tale.now + took)


def test_tries_without_a_pause_are_told_with_their_number_and_time() -> None:
    tale = Tale()
    lost = lose(tale)
    back = come_back(tale, 20, 2_000_000)
    assert said(tale, CONNECTS) == [("a1 tried to connect 20 times in 2 s", (lost, back))]


@pytest.mark.parametrize(
    ("tries", "took", "wrong"),
    [(20, 39_999_999, True), (20, 40_000_000, False), (19, 0, False), (40, 79_999_999, True), (40, 80_000_000, False),
     (1, 0, False)],
)  # fmt: skip
def test_each_of_many_tries_takes_two_seconds_on_average(tries: int, took: int, wrong: bool) -> None:
    tale = Tale()
    lose(tale)
    come_back(tale, tries, took)
    assert bool(said(tale, CONNECTS)) == wrong
    assert times_tested(tale, CONNECTS) == 1


def test_the_first_connection_and_one_that_was_not_seen_to_end_prove_nothing() -> None:
    tale = Tale()
    come_back(tale, 40, 1_000)
    come_back(tale, 90, 1_000)
    lose(tale, 91)
    come_back(tale, 91, 1_000)
    come_back(tale, 190, 1_000)
    assert said(tale, CONNECTS) == []
    assert times_tested(tale, CONNECTS) == 1


def test_each_device_counts_for_itself() -> None:
    tale = Tale()
    lose(tale)
    lose(tale, 30, "b1")
    come_back(tale, 31, 0, "b1")
    come_back(tale, 2, 0)
    assert said(tale, CONNECTS) == []
    assert times_tested(tale, CONNECTS) == 2


@pytest.mark.parametrize("whose", ["a1", "b1"])
@pytest.mark.parametrize(("kind", "fields"), [(Slept, ("a1",)), (Crashed, (1, "")), (Wiped, ("a1", 2))])
def test_the_next_life_of_an_app_tries_at_once(kind: type[Event], fields: tuple[object, ...], whose: str) -> None:
    tale = Tale()
    lose(tale)
    tale.add(kind, *(whose if field == "a1" else field for field in fields), node=whose)
    come_back(tale, 40, 1_000)
    assert bool(said(tale, CONNECTS)) == (whose == "b1")


def test_what_another_system_counts_as_a_connection_is_not_known() -> None:
    tale = Tale()
    lose(tale)
    come_back(tale, 40, 1_000)
    judge = Judge(scope=RecordScope(records=frozenset(VOCABULARY.values())))
    judge.advance(tale.events)
    verdict = next(verdict for verdict in judge.verdicts() if verdict.property == CONNECTS)
    assert (verdict.status, verdict.why) == (UNKNOWN, "needs epochs that count each try to connect")


# --- one's own typing ----------------------------------------------------------------------------------------------------


def test_nobody_is_shown_that_they_type_themselves() -> None:
    tale = Tale()
    tale.add(TypingShown, "a1", "c", "bob")
    shown = tale.add(TypingShown, "b2", "c", "bob")
    assert said(tale, TYPING) == [("b2 shows that its own user bob is typing in c", (shown,))]
    assert times_tested(tale, TYPING) == 2


def test_whose_device_it_is_has_to_be_known() -> None:
    tale = Tale()
    tale.add(TypingShown, "x1", "c", "")
    assert said(tale, TYPING) == []
    assert times_tested(tale, TYPING) == 0
