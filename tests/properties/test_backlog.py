"""Backlog: what proves that a task waits while a worker has room for it, each condition from both sides."""

from __future__ import annotations

import pytest
from support import SECOND, Tale

from model.events import (
    DeadLettered,
    Enqueued,
    LeaseExpired,
    LineJoined,
    LineLeft,
    TaskClosed,
    TaskLeased,
    TaskReleased,
)
from properties.backlog import BacklogIsServed
from properties.judge import Judge
from sim.history import Crashed, Ended, FaultStarted, MessageLost, Paused, Restarted, Resumed
from sim.verdicts import HOLDS, VIOLATED, Verdict

pytestmark = pytest.mark.requirement("V1", "V3", "P22")

NAME = "backlog-is-served"
WAITS = BacklogIsServed.bound


class Line(Tale):
    """A queue q and workers that take its tasks, one after the other."""

    def put(self, task: int, t: int | None = None) -> None:
        self.add(Enqueued, "c", task, "service", task, node="q", t=t)

    def take(self, task: int, worker: str = "w", attempt: int = 1, t: int | None = None) -> None:
        self.add(TaskLeased, "c", task, worker, attempt, 0, task, node="q", t=t)

    def close(self, task: int, worker: str = "w", t: int | None = None) -> None:
        self.add(TaskClosed, "c", task, worker, task, node="q", t=t)

    def judged(self, t: int) -> tuple[Verdict, list[str]]:
        self.add(Ended, node="run", t=t)
        judge = Judge()
        judge.advance(self.events)
        verdict = next(v for v in judge.verdicts() if v.property == NAME)
        return verdict, [v.message for v in judge.violations if v.property == NAME]


def idle(most: int = 1) -> Line:
    """Worker w has had so many tasks in its hands, and has none now."""
    line = Line()
    for task in range(1, most + 1):
        line.put(task)
        line.take(task)
    for task in range(1, most + 1):
        line.close(task)
    return line


@pytest.mark.parametrize("late", [0, 1])
def test_a_task_that_waits_for_an_idle_worker_is_told(late: int) -> None:
    line = idle()
    line.put(9, t=SECOND)
    verdict, told = line.judged(SECOND + WAITS - late)
    assert verdict.tested == 1
    assert told == ([] if late else ["task 9 of q has waited for 10 s, and w had room for it"])
    assert verdict.status == (HOLDS if late else VIOLATED)


def test_it_is_told_when_the_task_is_taken_at_last_and_once() -> None:
    line = idle()
    line.put(8, t=SECOND)
    line.put(9)
    line.take(8, t=SECOND + WAITS)
    _, told = line.judged(60 * SECOND)
    assert len(told) == 1


def test_a_worker_whose_hands_are_full_has_no_room() -> None:
    line = idle()
    line.put(8)
    line.take(8)
    line.put(9, t=SECOND)
    assert line.judged(60 * SECOND)[1] == []


def test_room_is_what_a_worker_has_had_at_once() -> None:
    for most, status in ((1, HOLDS), (2, VIOLATED)):
        line = idle(most)
        line.put(8)
        line.take(8)
        line.put(9, t=SECOND)
        assert line.judged(60 * SECOND)[0].status == status


def test_room_counts_from_when_it_was_made() -> None:
    for late, status in ((0, VIOLATED), (1, HOLDS)):
        line = idle()
        line.put(8)
        line.take(8)
        line.put(9, t=SECOND)
        line.close(8, t=20 * SECOND)
        assert line.judged(20 * SECOND + WAITS - late)[0].status == status


def test_a_worker_of_another_queue_is_none_of_this() -> None:
    line = idle()
    line.add(Enqueued, "c", 9, "service", 9, node="other", t=SECOND)
    assert line.judged(60 * SECOND)[0].status == HOLDS


@pytest.mark.parametrize("end", ["closed", "set aside", "given back"])
def test_what_has_ended_or_rests_does_not_wait(end: str) -> None:
    line = idle()
    line.put(9, t=SECOND)
    if end == "closed":
        line.close(9)
    elif end == "set aside":
        line.add(DeadLettered, "c", 9, 20, 9, node="q")
    else:
        line.take(9)
        line.add(TaskReleased, "c", 9, "w", 2 * SECOND, 9, node="q")
    assert line.judged(60 * SECOND)[0].status == HOLDS


def test_a_task_whose_lease_expired_waits_and_its_worker_may_be_at_work() -> None:
    """Another worker is idle; the one that had it may have its hands full."""
    for other, status in ((True, VIOLATED), (False, HOLDS)):
        line = idle()
        if other:
            line.put(7)
            line.take(7, "v")
            line.close(7, "v")
        line.put(9, t=SECOND)
        line.take(9)
        line.add(LeaseExpired, "c", 9, "w", 9, node="q", t=31 * SECOND)
        assert line.judged(31 * SECOND + WAITS)[0].status == status
    for late, status in ((0, VIOLATED), (1, HOLDS)):
        line = idle()
        line.put(9, t=SECOND)
        line.take(9)
        line.add(LeaseExpired, "c", 9, "w", 9, node="q", t=31 * SECOND)
        assert line.judged(31 * SECOND + BacklogIsServed.at_work + WAITS - late)[0].status == status


def test_a_queue_that_died_had_its_tasks_taken_from_its_workers() -> None:
    """One was in hand, one had ended, one nobody had; the worker may be at work on the first for a while."""
    for late, status in ((0, VIOLATED), (1, HOLDS)):
        line = idle()
        line.put(8)
        line.put(9)
        line.take(8)
        line.add(Crashed, 1, "", node="q", t=SECOND)
        line.add(Restarted, 2, node="q", t=2 * SECOND)
        assert line.judged(SECOND + BacklogIsServed.at_work + WAITS - late)[0].status == status


@pytest.mark.parametrize("who", ["q", "w", "between", "held", "elsewhere"])
def test_what_disturbs_queue_or_worker_excuses_for_a_while(who: str) -> None:
    for late, status in ((0, VIOLATED), (1, HOLDS)):
        line = idle()
        line.put(9, t=SECOND)
        if who == "between":
            line.add(MessageLost, "Lease", "w", "loss", node="q", t=2 * SECOND)
        elif who == "elsewhere":
            line.add(MessageLost, "Lease", "v", "loss", node="q", t=2 * SECOND)
        elif who == "held":
            line.add(FaultStarted, 1, "expire_leases", False, ("q",), (), False, node="faults", t=2 * SECOND)
        else:
            line.add(Paused, node=who, t=SECOND + 500_000)
            line.add(Resumed, 0, node=who, t=2 * SECOND)
        excused = 2 * SECOND + BacklogIsServed.settles if who != "elsewhere" else SECOND
        assert line.judged(excused + WAITS - late)[0].status == status


def test_a_line_before_the_queue_itself_excuses() -> None:
    for late, status in ((0, VIOLATED), (1, HOLDS)):
        line = idle()
        line.put(9, t=SECOND)
        line.add(LineJoined, 1, "LeaseRequest", 0, node="q", t=2 * SECOND)
        line.add(LineLeft, 1, SECOND, node="q", t=3 * SECOND)
        assert line.judged(3 * SECOND + BacklogIsServed.settles + WAITS - late)[0].status == status


def test_a_queue_that_starts_again_has_all_its_tasks_waiting() -> None:
    """What was in a worker's hands is there once more; that worker may be at work on it, another one has room."""
    line = idle()
    line.put(7)
    line.take(7, "v")
    line.close(7, "v")
    line.put(9)
    line.take(9)
    line.add(Crashed, 1, "", node="q", t=SECOND)
    line.add(Restarted, 2, node="q", t=2 * SECOND)
    _, told = line.judged(2 * SECOND + BacklogIsServed.settles + WAITS)
    assert told == ["task 9 of q has waited for 70 s, and v had room for it"]


def test_a_worker_that_starts_again_has_empty_hands() -> None:
    for down, status in ((False, VIOLATED), (True, HOLDS)):
        line = idle()
        line.put(8)
        line.take(8)
        line.put(9)
        line.add(Crashed, 1, "", node="w", t=SECOND)
        if not down:
            line.add(Restarted, 2, node="w", t=2 * SECOND)
        assert line.judged(2 * SECOND + BacklogIsServed.settles + WAITS)[0].status == status


def test_what_a_disturbed_worker_seems_to_hold_is_not_its_measure() -> None:
    """The answer to a poll was lost: the task is in nobody's hands, and the worker takes another one."""
    line = idle()
    line.put(7)
    line.take(7)
    line.add(MessageLost, "Lease", "w", "loss", node="q")
    line.put(8)
    line.take(8)
    line.close(7)
    line.put(9)
    assert line.judged(200 * SECOND)[1] == []


@pytest.mark.parametrize(("late", "status"), [(0, VIOLATED), (1, HOLDS)])
def test_what_a_worker_takes_is_its_measure_again_once_the_disturbance_is_over(late: int, status: str) -> None:
    """It takes a second task at the very moment: then it has room for two."""
    line = idle()
    line.add(MessageLost, "Lease", "w", "loss", node="q", t=SECOND)
    line.put(7)
    line.put(8)
    line.take(7)
    line.take(8, t=SECOND + BacklogIsServed.settles - late)
    line.close(8)
    line.put(9)
    assert line.judged(100 * SECOND)[0].status == status


@pytest.mark.parametrize(("late", "status"), [(0, VIOLATED), (1, HOLDS)])
def test_what_struck_as_the_record_began_excuses_for_a_while_too(late: int, status: str) -> None:
    line = idle()
    line.put(9)
    line.add(MessageLost, "Lease", "w", "loss", node="q", t=0)
    assert line.judged(BacklogIsServed.settles + WAITS - late)[0].status == status
