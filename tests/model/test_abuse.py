"""A flagged user's sends are blocked or put off, at every instance, and a retry of what was accepted is told so."""

from __future__ import annotations

import pytest
from support import SECOND, of, plan

from faults.kinds.load.flag_sender import FlagSender
from faults.kinds.network.unanswered import UnansweredAt
from faults.kinds.node.crash import Crash
from model import events as e
from parley.run import Run

pytestmark = pytest.mark.requirement("P15")


def test_what_a_blocked_user_sends_is_refused_for_good_and_others_go_on() -> None:
    block = FlagSender(device="alice-phone", at=2 * SECOND, duration=20 * SECOND)
    sends = ((5 * SECOND, "alice-phone"), (6 * SECOND, "bob-phone"), (30 * SECOND, "alice-phone"))
    outcome = Run(plan(block, sends=sends)).execute()
    assert outcome.violations == []
    assert [(x.user, x.verdict) for x in of(outcome.history, e.SenderFlagged)] == [
        ("alice", "block"),
        ("alice", "allow"),
    ]
    assert [(x.message, x.retry_after) for x in of(outcome.history, e.SendHeldBack)] == [("alice-phone:1", 0)]
    assert [(x.send, x.reason) for x in of(outcome.history, e.SendRefused)] == [("alice-phone:1", "abuse")]
    assert [x.message for x in of(outcome.history, e.Persisted)] == ["bob-phone:1", "alice-phone:2"]


def test_a_send_that_is_put_off_comes_after_its_time() -> None:
    delay = FlagSender(device="alice-phone", at=2 * SECOND, wait=3 * SECOND, duration=50 * SECOND)
    outcome = Run(plan(delay, sends=((5 * SECOND, "alice-phone"),))).execute()
    assert outcome.violations == []
    held = of(outcome.history, e.SendHeldBack)
    assert [(x.why, x.retry_after) for x in held] == [("abuse", 3 * SECOND)]
    assert of(outcome.history, e.Persisted)[0].t >= held[0].t + 3 * SECOND


def test_a_flag_outlives_the_instances_and_is_put_once() -> None:
    first = FlagSender(device="bob-phone", at=2 * SECOND, duration=40 * SECOND)
    again = FlagSender(device="bob-laptop", at=3 * SECOND, wait=SECOND, duration=SECOND)
    crashes = [Crash(node=f"messaging-{i}", at=4 * SECOND, down=SECOND) for i in (1, 2)]
    outcome = Run(plan(first, again, *crashes, sends=((10 * SECOND, "bob-laptop"),))).execute()
    assert outcome.violations == []
    assert len(of(outcome.history, e.SenderFlagged)) == 2
    assert len(of(outcome.history, e.SendRefused)) == 1


def test_a_retry_of_what_was_accepted_is_told_so_whatever_the_policy_says_by_then() -> None:
    """Else its sender would be told that it is refused, and everybody would have it."""
    lost = UnansweredAt(kind="Send", a=("*",), b=("*",), nth=1)
    block = FlagSender(device="alice-phone", at=6 * SECOND, duration=40 * SECOND)
    outcome = Run(plan(lost, block, sends=((5 * SECOND, "alice-phone"),))).execute()
    assert outcome.violations == []
    assert of(outcome.history, e.DuplicateRecognised)
    assert of(outcome.history, e.SendRefused) == []
    assert len(of(outcome.history, e.SendAccepted)) == 1
