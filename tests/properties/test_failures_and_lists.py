"""Failures that are told of, wholly or in part: what the checker of alerts counts, and what it takes for told."""

from __future__ import annotations

import pytest
from support import Tale

from model.events import (
    DeliveryFailed,
    FailureAlert,
    InboxStored,
    ListedInLog,
    MemberJoined,
    MemberLeft,
    Persisted,
    PolicyDeclared,
)
from properties.base import Liveness
from properties.judge import VACUOUS, Judge

pytestmark = pytest.mark.requirement("V1", "V3")

ALERTS = "failures-raise-an-alert"


def judged(tale: Tale) -> Judge:
    judge = Judge()
    judge.advance(tale.events)
    return judge


def debt(tale: Tale, name: str) -> list[str]:
    prop = next(p for p in judged(tale).properties if p.name == name)
    assert isinstance(prop, Liveness)
    found = [owed.message for owed in prop.missing()]
    assert len(found) == prop.owed()
    return found


def said(tale: Tale, name: str) -> list[str]:
    return [v.message for v in judged(tale).violations if v.property == name]


def fail(tale: Tale, device: str = "b1", conversation: str = "c", reason: str = "expired") -> int:
    return tale.add(DeliveryFailed, device, conversation, 1, reason, node="store")


def test_an_alert_counts_for_its_conversation_and_its_reason_alone() -> None:
    tale = Tale()
    fail(tale)
    tale.add(FailureAlert, "c", "stuck", 0, node="store")
    tale.add(FailureAlert, "d", "expired", 0, node="store")
    assert debt(tale, ALERTS) == ["1 deliveries were given up in c (expired), and no alert tells of it"]
    tale.add(FailureAlert, "c", "expired", 1, node="store")
    assert debt(tale, ALERTS) == []
    assert said(tale, ALERTS) == []


def test_what_one_alert_leaves_out_the_next_one_tells() -> None:
    tale = Tale()
    for device in ("b1", "b2", "a1"):
        fail(tale, device)
    tale.add(FailureAlert, "c", "expired", 2, node="store")
    assert debt(tale, ALERTS) == ["1 deliveries were given up in c (expired), and no alert tells of it"]
    tale.add(FailureAlert, "c", "expired", 1, node="store")
    assert debt(tale, ALERTS) == []


def test_an_alert_of_more_than_there_was_is_wrong_at_once() -> None:
    tale = Tale()
    fail(tale)
    at = tale.add(FailureAlert, "c", "expired", 2, node="store")
    assert said(tale, ALERTS) == ["an alert tells of 2 failures in c (expired), of which there are 1"]
    assert next(v for v in judged(tale).violations if v.property == ALERTS).evidence == (at,)


def test_a_task_that_was_set_aside_is_a_failure_too() -> None:
    tale = Tale()
    tale.add(ListedInLog, "c", 1, "dead letter", node="store")
    assert debt(tale, ALERTS) == ["1 deliveries were given up in c (dead letter), and no alert tells of it"]
    tale.add(FailureAlert, "c", "dead letter", 1, node="store")
    assert debt(tale, ALERTS) == []


# --- rows of hot groups ---------------------------------------------------------------------------------------------

HOT = "hot-groups-pay-no-rows"
ROWS = "no inbox rows from so many members on"


def status(tale: Tale, name: str) -> str:
    return next(v.status for v in judged(tale).verdicts() if v.property == name)


def declared(tale: Tale, members: int, policy: str = ROWS) -> None:
    tale.add(PolicyDeclared, policy, "", members, node="parley")


def test_who_joins_by_a_message_counts_for_it_and_who_has_left_does_not() -> None:
    tale = Tale()
    declared(tale, 3)
    tale.add(Persisted, "c", 1, "m1", "ann", "a1", 0, "join", node="store")
    tale.add(MemberJoined, "c", 1, "zoe", "ann", 1, node="store")
    tale.add(Persisted, "c", 2, "m2", "ann", "a1", 0, "leave", node="store")
    tale.add(MemberLeft, "c", 2, "zoe", "ann", 2, node="store")
    tale.add(Persisted, "c", 3, "m3", "ann", "a1", node="store")
    tale.add(InboxStored, "bob", "c", 3, node="store")
    assert said(tale, HOT) == []
    for seq in (1, 2):
        tale.add(InboxStored, "bob", "c", seq, node="store")
    why = "from 3 members on no message is to have a row for each"
    assert said(tale, HOT) == [f"c {seq}, to 3 members, is in the inbox of bob: {why}" for seq in (1, 2)]


def test_what_is_not_declared_is_not_judged() -> None:
    tale = Tale()
    declared(tale, 1, "another policy")
    tale.add(Persisted, "c", 1, "m1", "ann", "a1", node="store")
    tale.add(InboxStored, "bob", "c", 1, node="store")
    tale.add(Persisted, "nowhere", 1, "m1", "ann", "a1", node="store")
    assert status(tale, HOT) == VACUOUS
