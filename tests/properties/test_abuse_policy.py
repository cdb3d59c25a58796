"""Histories that violate the promise about the abuse policy, and near misses, for each of its conditions."""

from __future__ import annotations

import judging
import pytest
from support import Tale

from model.events import Persisted, SendAdmitted, SenderFlagged, SendHeldBack

pytestmark = pytest.mark.requirement("V1", "V3", "P15")

NAME = "abuse-policy-is-kept"
ACCEPTED = ["m1 is accepted, though its sender is blocked"]
ALLOWED = ["m1 is held back for abuse, and the policy allows it"]


def said(tale: Tale) -> list[str]:
    return judging.said(tale, NAME)


def asked(tale: Tale) -> int:
    return judging.times_tested(tale, NAME)


def flag(tale: Tale, verdict: str, wait: int = 0, user: str = "ann") -> None:
    tale.add(SenderFlagged, user, verdict, wait, node="parley")


def admit(tale: Tale, message: str = "m1", where: str = "core", t: int | None = None) -> None:
    tale.add(SendAdmitted, "a1", "c", message, where, node="messaging-1", t=t)


def hold(tale: Tale, retry_after: int, why: str = "abuse", message: str = "m1") -> None:
    tale.add(SendHeldBack, "a1", "c", message, why, retry_after, node="messaging-1")


def persist(tale: Tale, message: str = "m1") -> list[str]:
    tale.add(Persisted, "c", 1, message, "ann", "a1", node="store")
    return said(tale)


def test_what_a_blocked_user_sends_is_not_accepted() -> None:
    tale = Tale()
    flag(tale, "block")
    admit(tale)
    assert persist(tale, "m2") == []
    assert persist(tale) == ACCEPTED


def test_what_was_admitted_when_it_was_allowed_may_be_accepted() -> None:
    for anybody_flagged in (True, False):
        tale = Tale()
        if anybody_flagged:
            flag(tale, "allow")
        admit(tale)
        flag(tale, "block")
        admit(tale)
        assert persist(tale) == [], "the first try is on its way"
    tale = Tale()
    flag(tale, "block")
    admit(tale)
    flag(tale, "allow")
    admit(tale)
    assert persist(tale) == [], "the flag was taken back"


def test_the_gateway_and_the_flags_of_others_say_nothing() -> None:
    tale = Tale()
    flag(tale, "block", user="bob")
    admit(tale)
    assert persist(tale) == []
    tale = Tale()
    flag(tale, "block")
    admit(tale, where="gateway")
    assert persist(tale) == []


def test_a_send_is_put_off_before_it_passes_and_for_a_third_of_its_time_at_least() -> None:
    tale = Tale()
    flag(tale, "delay", 3_000_000)
    admit(tale)
    assert said(tale) == ["m1 passes without having been put off, by 3 s as the policy says"]
    for early, wrong in ((0, False), (1, True)):
        tale = Tale()
        flag(tale, "delay", 3_000_000)
        hold(tale, 3_000_000)
        first = tale.now
        hold(tale, 2_000_000)
        admit(tale, t=first + 1_000_000 - early)
        told = ["m1 passes 0.999999 s after it was put off, by 3 s as the policy says"]
        assert said(tale) == (told if wrong else [])


def test_a_limit_of_rate_is_no_putting_off() -> None:
    tale = Tale()
    flag(tale, "delay", 1_000)
    hold(tale, 1_000, why="busy")
    admit(tale)
    assert len(said(tale)) == 1
    assert asked(tale) == 0


def test_who_is_not_flagged_so_is_not_held_back() -> None:
    for verdict, retry_after, right in (
        ("block", 0, True),
        ("delay", 0, False),
        ("block", 1, False),
        ("delay", 1, True),
    ):
        tale = Tale()
        flag(tale, verdict, 1_000)
        hold(tale, retry_after)
        assert said(tale) == ([] if right else ALLOWED)
        assert asked(tale) == 1
    tale = Tale()
    flag(tale, "block", user="bob")
    hold(tale, 0)
    assert said(tale) == ALLOWED


def test_a_refusal_may_be_told_when_the_flag_is_gone() -> None:
    tale = Tale()
    flag(tale, "block")
    admit(tale)
    flag(tale, "allow")
    hold(tale, 0, message="m2")
    assert said(tale) == ["m2 is held back for abuse, and the policy allows it"]
    hold(tale, 0)
    assert len(said(tale)) == 1


def test_where_nobody_is_flagged_the_policy_is_not_known() -> None:
    tale = Tale()
    hold(tale, 0)
    admit(tale)
    assert said(tale) == []
    assert asked(tale) == 0


@pytest.mark.parametrize(
    ("t", "says"), [(40_000, []), (39_999, ["m1 passes 0.039999 s after it was put off, by 0.12 s as the policy says"])]
)
def test_what_was_put_off_at_the_very_beginning_was_put_off(t: int, says: list[str]) -> None:
    tale = Tale()
    tale.now = -tale.tick
    flag(tale, "delay", 120_000)
    hold(tale, 1)
    tale.events[-1].t = 0
    admit(tale, t=t)
    assert said(tale) == says
