"""Planned stops: what a gateway that drains owes its devices, each condition from both sides."""

from __future__ import annotations

import pytest
from support import SECOND, Tale

from model.events import (
    Disconnected,
    GatewayDraining,
    SendAccepted,
    SendAdmitted,
    SendAttempted,
    SendDeferred,
    SendRefused,
    SessionDropped,
    SessionOpened,
)
from properties.draining import StopsAreGentle
from properties.judge import Judge
from sim.history import Crashed, FaultStarted, MessageLost, Paused, Restarted, Resumed
from sim.verdicts import HOLDS, VACUOUS, VIOLATED, Verdict

pytestmark = pytest.mark.requirement("V1", "V3", "C2")

STOPS = "stops-are-gentle"
GRACE = 10 * SECOND


def judged(tale: Tale) -> tuple[Verdict, list[str]]:
    judge = Judge()
    judge.advance(tale.events)
    verdict = next(v for v in judge.verdicts() if v.property == STOPS)
    return verdict, [v.message for v in judge.violations if v.property == STOPS]


def session(tale: Tale, device: str = "a1", epoch: int = 1, node: str = "g") -> None:
    tale.add(SessionOpened, device, epoch, 1 << 40, node=node)


def draining(tale: Tale, node: str = "g") -> None:
    tale.add(GatewayDraining, GRACE, 1, node=node, t=20 * SECOND)


def dropped(tale: Tale, device: str = "a1", epoch: int = 1, why: str = "draining", t: int | None = None) -> None:
    tale.add(SessionDropped, device, epoch, why, node="g", t=t)


def stopped(tale: Tale, t: int = 30 * SECOND) -> None:
    tale.add(Crashed, 1, "", node="g", t=t)


# --- nobody is left, and nobody is let in ---------------------------------------------------------------------------


def test_who_is_still_there_is_told() -> None:
    tale = Tale()
    session(tale)
    draining(tale)
    stopped(tale)
    verdict, told = judged(tale)
    assert (verdict.status, verdict.tested) == (VIOLATED, 1)
    assert told == ["g was told 10 s before that it would be stopped, and a1 is still there"]


@pytest.mark.parametrize(("grace", "status"), [(SECOND, VIOLATED), (SECOND - 1, VACUOUS)])
def test_one_that_is_told_at_the_last_moment_is_not_judged(grace: int, status: str) -> None:
    tale = Tale()
    session(tale)
    tale.add(GatewayDraining, grace, 1, node="g", t=20 * SECOND)
    stopped(tale)
    assert judged(tale)[0].status == status


@pytest.mark.parametrize("t", [30 * SECOND - 1, 20 * SECOND])
def test_one_that_dies_before_its_time_is_not_judged(t: int) -> None:
    tale = Tale()
    session(tale)
    draining(tale)
    stopped(tale, t)
    assert judged(tale)[0].status == VACUOUS


def test_one_that_dies_without_a_word_is_not_judged() -> None:
    tale = Tale()
    session(tale)
    stopped(tale)
    assert judged(tale)[0].status == VACUOUS


def test_another_session_of_the_device_is_another_one() -> None:
    """The first one ends late, when the second one is there."""
    tale = Tale()
    session(tale, epoch=1)
    session(tale, epoch=2)
    dropped(tale, epoch=1, why="replaced")
    draining(tale)
    stopped(tale)
    assert judged(tale)[0].status == VIOLATED


def test_a_session_at_another_gateway_is_none_here() -> None:
    tale = Tale()
    session(tale, node="other")
    draining(tale)
    stopped(tale)
    assert judged(tale)[0].status == HOLDS


def test_the_next_life_owes_nothing() -> None:
    tale = Tale()
    session(tale)
    draining(tale)
    dropped(tale)
    stopped(tale)
    tale.add(Restarted, 2, node="g", t=31 * SECOND)
    session(tale, epoch=2)
    stopped(tale, 60 * SECOND)
    verdict, told = judged(tale)
    assert (verdict.status, told) == (HOLDS, [])


@pytest.mark.parametrize("until", [3 * SECOND, 20 * SECOND, None])
def test_one_that_stood_still_meanwhile_is_excused(until: int | None) -> None:
    tale = Tale()
    session(tale)
    if until is not None:
        tale.add(Paused, node="g", t=2 * SECOND)
        tale.add(Resumed, 0, node="g", t=until)
    draining(tale)
    if until is None:
        tale.add(Paused, node="g", t=21 * SECOND)
        tale.add(Resumed, 0, node="g", t=22 * SECOND)
    stopped(tale)
    assert judged(tale)[0].status == (VACUOUS if until is None else VIOLATED)


@pytest.mark.parametrize(
    ("kind", "excused"), [("drain", False), ("drain_at", False), ("rolling_restart", False), ("slow_node", True)]
)
def test_what_is_planned_is_no_excuse(kind: str, excused: bool) -> None:
    tale = Tale()
    session(tale)
    tale.add(FaultStarted, 1, kind, False, ("g",), (), True, node="faults", t=20 * SECOND)
    draining(tale)
    stopped(tale)
    assert judged(tale)[0].status == (VACUOUS if excused else VIOLATED)


def test_it_lets_nobody_in() -> None:
    tale = Tale()
    draining(tale)
    session(tale)
    verdict, told = judged(tale)
    assert (verdict.status, told) == (VIOLATED, ["g is about to be stopped, and lets a1 in"])
    tale = Tale()
    draining(tale)
    session(tale, node="other")
    assert judged(tale)[0].status == VACUOUS


# --- what was sent is answered ----------------------------------------------------------------------------------------


def sent(tale: Tale, t: int = 21 * SECOND, where: str = "gateway") -> None:
    tale.add(SendAttempted, "a1", "c", "a1:1", "m1", 1, 0, t=t - 50_000)
    tale.add(SendAdmitted, "a1", "c", "m1", where, node="g", t=t)


def left(tale: Tale, epoch: int = 1, why: str = "draining", t: int = 22 * SECOND) -> None:
    tale.add(Disconnected, "a1", "g", epoch, why, t=t)


def cut(**how: object) -> tuple[Verdict, list[str]]:
    """A device is sent elsewhere with a send that was admitted and has no answer; but for what is said otherwise."""
    tale = Tale()
    session(tale)
    draining(tale)
    at = int(str(how.get("sent", 21 * SECOND)))
    sent(tale, at, str(how.get("where", "gateway")))
    dropped(tale, why=str(how.get("why", "draining")), t=int(str(how.get("dropped", at + 500_000))))
    answer = how.get("answer")
    if answer is SendAccepted:
        tale.add(SendAccepted, "a1", "c", "a1:1", how.get("id", "m1"), 1)
    elif answer is SendRefused:
        tale.add(SendRefused, "a1", "c", "a1:1", "m1", "no member")
    elif answer is SendDeferred:
        tale.add(SendDeferred, "a1", "c", "a1:1", 2 * SECOND)
    if how.get("lost"):
        tale.add(MessageLost, "SendResult", "a1", "loss", node="g")
    left(tale, int(str(how.get("epoch", 1))), str(how.get("left", "draining")), tale.now + 1_000)
    return judged(tale)


def test_a_send_without_an_answer_is_told() -> None:
    verdict, told = cut()
    assert (verdict.status, told) == (VIOLATED, ["g sends a1 elsewhere without an answer to m1"])
    assert verdict.tested == 1


@pytest.mark.parametrize("answer", [SendAccepted, SendRefused, SendDeferred])
def test_any_answer_will_do(answer: type) -> None:
    assert cut(answer=answer)[0].status == HOLDS


def test_an_answer_to_another_message_is_none() -> None:
    assert cut(answer=SendAccepted, id="m0")[0].status == VIOLATED


def test_what_came_long_before_was_given_up() -> None:
    at = 21 * SECOND
    assert cut(sent=at, dropped=at + StopsAreGentle.patience - 1)[0].status == VIOLATED
    assert cut(sent=at, dropped=at + StopsAreGentle.patience)[0].status == HOLDS


def test_when_half_of_the_time_is_over_a_device_may_be_sent_away_as_it_is() -> None:
    half = 20 * SECOND + GRACE // 2
    assert cut(sent=half - 2, dropped=half - 1)[0].status == VIOLATED
    assert cut(sent=half - 2, dropped=half)[0].status == HOLDS


@pytest.mark.parametrize("how", [{"where": "core"}, {"epoch": 2}, {"left": "reset"}, {"lost": True}])
def test_what_is_something_else_is_not_told(how: dict[str, object]) -> None:
    assert cut(**how)[0].status == HOLDS


def test_a_session_that_ends_by_itself_is_not_judged() -> None:
    assert cut(why="reset")[0].status == VACUOUS


def test_a_send_that_was_answered_before_is_not_waited_for() -> None:
    """The answer to a first try comes while the second one is on its way."""
    tale = Tale()
    session(tale)
    draining(tale)
    tale.add(SendAttempted, "a1", "c", "a1:1", "m1", 1, 0, t=21 * SECOND)
    tale.add(SendAccepted, "a1", "c", "a1:1", "m1", 1)
    tale.add(SendAdmitted, "a1", "c", "m1", "gateway", node="g")
    dropped(tale)
    left(tale)
    assert judged(tale)[0].status == HOLDS


def test_an_answer_counts_for_its_device_alone() -> None:
    tale = Tale()
    session(tale)
    session(tale, "b1")
    draining(tale)
    sent(tale)
    tale.add(SendAdmitted, "b1", "c", "m1", "gateway", node="g")
    tale.add(SendAccepted, "b1", "c", "b1:1", "m1", 1)
    dropped(tale)
    left(tale)
    assert judged(tale)[0].status == VIOLATED


def test_a_gateway_that_does_not_drain_owes_no_answer() -> None:
    tale = Tale()
    session(tale)
    sent(tale)
    dropped(tale)
    left(tale)
    assert judged(tale)[0].status == VACUOUS


def test_what_struck_the_device_since_it_sent_excuses() -> None:
    for t, expected in ((20 * SECOND + 500_000, VIOLATED), (21 * SECOND, VIOLATED), (21 * SECOND + 1, HOLDS)):
        tale = Tale()
        session(tale)
        draining(tale)
        if t <= 21 * SECOND:
            tale.add(MessageLost, "Pong", "a1", "loss", node="g", t=t)
        sent(tale)
        if t > 21 * SECOND:
            tale.add(MessageLost, "Pong", "a1", "loss", node="g", t=t)
        dropped(tale, t=21 * SECOND + 500_000)
        left(tale)
        assert judged(tale)[0].status == expected
