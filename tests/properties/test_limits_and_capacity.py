"""Histories that violate a promise about limits and capacity, and near misses, for each of their conditions."""

from __future__ import annotations

import pytest
from judging import said, times_tested
from support import Tale

from model.events import (
    Enqueued,
    LagAlarm,
    LagCleared,
    LineJoined,
    LineLeft,
    PolicyDeclared,
    SendAdmitted,
    SendHeldBack,
    TaskLeased,
    TurnedAway,
)
from sim.history import Crashed, Ended, Healed, Paused, Restarted, Resumed

pytestmark = pytest.mark.requirement("V1", "V3")

USER, CONVERSATION, LAG = "sends of a user", "sends to a conversation", "lag of a queue"


def over(tale: Tale) -> None:
    """Healed, and the bound is over."""
    tale.add(Healed, 1_000_000, node="run")
    tale.add(Ended, node="run", t=tale.now + 2_000_000)


def admit(
    tale: Tale, number: int, node: str = "gateway", where: str = "gateway", device: str = "a1", t: int = 0
) -> None:
    for place in range(number):
        tale.add(SendAdmitted, device, "c", f"m{place}", where, node=node, t=t or tale.now)


def test_a_user_may_have_the_burst_and_one_at_each_gateway() -> None:
    for number, wrong in ((4, 0), (5, 1), (9, 1), (10, 2)):
        tale = Tale()
        tale.add(PolicyDeclared, USER, "", 1, 3, node="parley")
        admit(tale, number)
        assert len(said(tale, "rate-limits-bite")) == wrong, "after it was told the count begins anew"
    tale = Tale()
    tale.add(PolicyDeclared, USER, "", 1, 3, node="parley")
    admit(tale, 4, node="g1")
    admit(tale, 4, node="g2")
    admit(tale, 4, node="g1", device="b1")
    assert said(tale, "rate-limits-bite") == []
    admit(tale, 1, node="g1")
    assert said(tale, "rate-limits-bite") == ["g1 lets ann have more than 1 a second and 3 at once: sends of a user"]


def test_devices_of_a_user_share_the_limit_and_what_is_earned_is_never_more_than_the_burst() -> None:
    tale = Tale()
    tale.add(PolicyDeclared, USER, "", 1, 2, node="parley")
    admit(tale, 2, device="b1")
    admit(tale, 1, device="b2")
    assert said(tale, "rate-limits-bite") == []
    admit(tale, 1, device="b2")
    assert len(said(tale, "rate-limits-bite")) == 1
    tale = Tale()
    tale.add(PolicyDeclared, USER, "", 1, 2, node="parley")
    admit(tale, 1)
    admit(tale, 4, t=tale.now + 3_600_000_000)
    assert len(said(tale, "rate-limits-bite")) == 1


def test_a_conversation_is_limited_in_the_core_by_its_own_limit() -> None:
    tale = Tale()
    tale.add(PolicyDeclared, USER, "", 1, 1, node="parley")
    tale.add(PolicyDeclared, CONVERSATION, "c", 1, 3, node="parley")
    admit(tale, 4, node="messaging-1", where="core")
    assert said(tale, "rate-limits-bite") == [], "no limit of a user in the core"
    admit(tale, 1, node="messaging-1", where="core")
    assert said(tale, "rate-limits-bite") == [
        "messaging-1 lets c have more than 1 a second and 3 at once: sends to a conversation"
    ]


def test_what_is_not_declared_is_not_limited_and_what_a_node_had_counted_is_gone_with_it() -> None:
    tale = Tale()
    admit(tale, 9)
    tale.add(PolicyDeclared, USER, "", 1, 1, node="parley")
    admit(tale, 9, where="elsewhere")
    admit(tale, 2)
    tale.add(Restarted, 2, node="other")
    tale.add(Restarted, 2, node="gateway", t=tale.now)
    admit(tale, 2)
    assert said(tale, "rate-limits-bite") == []
    admit(tale, 1)
    assert len(said(tale, "rate-limits-bite")) == 1


def test_a_limit_is_put_to_the_test_by_who_is_held_back_for_it() -> None:
    tale = Tale()
    for why in ("busy", "abuse"):
        tale.add(SendHeldBack, "a1", "c", "m1", why, 1, node="gateway")
    assert times_tested(tale, "rate-limits-bite") == 0
    for why in ("user rate", "conversation rate"):
        tale.add(SendHeldBack, "a1", "c", "m1", why, 1, node="gateway")
    assert times_tested(tale, "rate-limits-bite") == 2


def test_a_line_is_served_in_order_whoever_never_joined_does_not_count() -> None:
    tale = Tale()
    for ticket in (1, 2, 3):
        tale.add(LineJoined, ticket, "Send", ticket - 1, node="messaging-1")
    tale.add(LineJoined, 1, "Send", 0, node="messaging-2")
    tale.add(LineLeft, 7, 1, node="messaging-1")
    tale.add(LineLeft, 1, 1, node="messaging-3")
    tale.add(LineLeft, 1, 1, node="messaging-2")
    tale.add(LineLeft, 1, 1, node="messaging-1")
    assert said(tale, "line-is-served") == []
    assert times_tested(tale, "line-is-served") == 2
    tale.add(LineLeft, 3, 1, node="messaging-1")
    told = ["messaging-1 serves what came later before what came first"]
    assert said(tale, "line-is-served") == told
    over(tale)
    assert said(tale, "line-is-served") == [*told, "a request waits at messaging-1, and its turn does not come"]


def test_a_crash_empties_the_line_of_its_own_node_alone() -> None:
    tale = Tale()
    for node in ("messaging-1", "messaging-2"):
        tale.add(LineJoined, 1, "Send", 0, node=node)
    tale.add(Crashed, 1, "", node="messaging-3")
    tale.add(Crashed, 1, "", node="messaging-1")
    over(tale)
    assert said(tale, "line-is-served") == ["a request waits at messaging-2, and its turn does not come"]


def test_busy_is_for_now_and_never_for_good() -> None:
    tale = Tale()
    tale.add(SendHeldBack, "a1", "c", "m1", "abuse", 0, node="messaging-1")
    tale.add(TurnedAway, "Send", "c", "m1", 400_000, node="messaging-1")
    tale.add(SendHeldBack, "a1", "c", "m1", "busy", 0, node="messaging-1")
    assert said(tale, "turned-away-is-told") == ["messaging-1 was too busy for m1, and refuses it for good"]
    assert times_tested(tale, "turned-away-is-told") == 1
    over(tale)
    assert len(said(tale, "turned-away-is-told")) == 1


def test_an_answer_is_for_the_message_that_was_turned_away() -> None:
    tale = Tale()
    tale.add(TurnedAway, "Send", "c", "m1", 400_000, node="messaging-1")
    tale.add(SendHeldBack, "a1", "c", "m2", "busy", 1_000_000, node="messaging-1")
    over(tale)
    assert said(tale, "turned-away-is-told") == ["messaging-1 was too busy for m1, and says nothing"]


def lagging(*between: tuple[type, tuple[object, ...], str], after: int = 3_000_000) -> Tale:
    """A task that is leased so many µs after it was published; the events in between are half a second after that."""
    tale = Tale()
    tale.add(PolicyDeclared, LAG, "", 1_000_000, node="parley")
    tale.add(Enqueued, "c", 1, "service", 1, node="queue")
    began = tale.now
    for kind, fields, node in between:
        tale.add(kind, *fields, node=node, t=began + 500_000)
    tale.add(TaskLeased, "c", 1, "w", 1, 0, 1, node="queue", t=began + after)
    return tale


def test_a_queue_that_lags_has_an_alarm_of_its_own() -> None:
    told = ["task 1 of queue has waited for 3 s, and there was no alarm"]
    name = "lag-raises-an-alarm"
    assert said(lagging(), name) == told
    assert said(lagging(after=2_999_999), name) == []
    assert said(lagging((LagAlarm, (1, 1), "queue")), name) == []
    assert said(lagging((LagAlarm, (1, 1), "other")), name) == told
    assert said(lagging((LagAlarm, (1, 1), "queue"), (LagCleared, (0,), "queue")), name) == told
    assert said(lagging((LagAlarm, (1, 1), "queue"), (LagCleared, (0,), "other")), name) == []


def test_a_queue_that_was_away_knows_of_no_lag_and_of_no_alarm() -> None:
    name = "lag-raises-an-alarm"
    assert said(lagging((Restarted, (2,), "queue"), after=3_499_999), name) == []
    assert said(lagging((Resumed, (0,), "queue"), after=3_499_999), name) == []
    assert said(lagging((Resumed, (0,), "other")), name) != []
    assert said(lagging((Paused, (), "queue"), after=9_000_000), name) == [], "a fault may have it lease all the same"
    assert said(lagging((Paused, (), "other")), name) != []
    assert said(lagging((Paused, (), "queue"), (Resumed, (0,), "queue"), after=3_500_000), name) != []
    assert said(lagging((LagAlarm, (1, 1), "queue"), (Restarted, (2,), "queue"), after=3_500_000), name) != []
    assert said(lagging((LagAlarm, (1, 1), "queue"), (Resumed, (0,), "queue"), after=3_500_000), name) == []


def test_the_lag_of_a_task_is_that_of_its_first_lease_and_only_where_a_limit_is_declared() -> None:
    tale = lagging(after=1)
    tale.add(TaskLeased, "c", 1, "w", 2, 0, 1, node="queue", t=tale.now + 9_000_000)
    tale.add(PolicyDeclared, "something else", "", 1, node="parley")
    tale.add(Enqueued, "c", 2, "service", 2, node="queue")
    tale.add(TaskLeased, "c", 2, "w", 1, 0, 2, node="queue", t=tale.now + 2_000_000)
    assert said(tale, "lag-raises-an-alarm") == []
    tale = Tale()
    tale.add(Enqueued, "c", 2, "service", 2, node="queue")
    tale.add(TaskLeased, "c", 2, "w", 1, 0, 2, node="queue", t=tale.now + 9_000_000)
    assert said(tale, "lag-raises-an-alarm") == []
