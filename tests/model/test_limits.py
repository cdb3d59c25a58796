"""Limits bite where they are kept, follow from a group's size, and are declared by the deployment."""

from __future__ import annotations

import pytest
from support import PAIR, SECOND, deploy, of, plan

from faults.kinds.clock.clock_skew import ClockSkew
from model import events as e
from model.deployment import Deployment
from model.protocol import REFERENCE, variant
from model.servers.gateway import Gateway
from model.servers.service import MessagingService
from parley.run import Run

pytestmark = pytest.mark.requirement("P15")


class OneASecond(Gateway):
    user_rate = 1
    user_burst = 1


class OneInTheCore(MessagingService):
    conversation_rate = 1
    conversation_burst = 1


def test_a_user_is_held_back_at_the_gateway_and_a_conversation_in_the_core() -> None:
    sends = tuple((5 * SECOND, "bob-phone") for _ in range(3))
    at_gateway = Run(plan(sends=sends), variant("narrow", gateway=OneASecond)).execute()
    in_core = Run(plan(sends=sends), variant("narrow", service=OneInTheCore)).execute()
    for outcome, why, kind in ((at_gateway, "user rate", "gateway"), (in_core, "conversation rate", "messaging")):
        held = of(outcome.history, e.SendHeldBack)
        assert held
        assert {x.why for x in held} == {why}
        assert all(x.node.startswith(kind) and 0 < x.retry_after <= SECOND for x in held)
        assert len(of(outcome.history, e.SendDeferred)) == len(held)
        assert len(of(outcome.history, e.Persisted)) == 3
        assert outcome.violations == []


def test_each_send_is_admitted_twice_on_its_way() -> None:
    outcome = Run(plan(sends=((5 * SECOND, "bob-phone"),))).execute()
    assert [(x.device, x.where) for x in of(outcome.history, e.SendAdmitted)] == [
        ("bob-phone", "gateway"),
        ("bob-phone", "core"),
    ]


@pytest.mark.requirement("P12")
def test_the_limit_of_a_group_follows_from_its_size() -> None:
    service = Deployment(PAIR, 1).network.of_kind(MessagingService)[0]
    assert [service.rate_for(n) for n in (0, 2, 2_000, 2_001, 50_000, 1_000_000)] == [50, 50, 50, 49, 2, 1]
    assert service.limit_of("talk") == (50, 100)
    assert service.limit_of("not there") == (50, 100)

    class Stadium(MessagingService):
        fan_out_budget = 4

    small = Deployment(PAIR, 1, variant("stadium", service=Stadium)).network.of_kind(MessagingService)[0]
    assert small.limit_of("talk") == (2, 4), "two members: two sends a second, and four at once"


def test_a_deployment_declares_its_limits() -> None:
    declared = {(x.policy, x.subject): (x.value, x.burst) for x in of(deploy().history, e.PolicyDeclared)}
    assert declared["sends of a user", ""] == (5, 20)
    assert declared["sends to a conversation", "talk"] == (50, 100)
    assert declared["lag of a queue", ""] == (5 * SECOND, 0)


def test_a_clock_that_is_set_back_makes_nobody_wait() -> None:
    """A limit is measured by a clock that nobody sets."""
    sends = ((5 * SECOND, "bob-phone"), (12 * SECOND, "bob-phone"))
    skews = [
        ClockSkew(node=n, at=10 * SECOND, by=-3600 * SECOND, duration=20 * SECOND) for n in ("gateway-1", "gateway-2")
    ]
    outcome = Run(plan(*skews, sends=sends), variant("narrow", gateway=OneASecond)).execute()
    assert outcome.violations == []
    assert of(outcome.history, e.SendHeldBack) == []


class Flat(MessagingService):
    def rate_for(self, members: int) -> int:
        return 7 * self.conversation_rate


def test_what_a_conversation_may_take_is_declared_by_the_deployment_whatever_a_variant_answers() -> None:
    base = plan(duration=6 * SECOND)
    declared = [
        [
            (event.subject, event.value, event.burst)
            for event in Run(base, protocol).execute().history
            if isinstance(event, e.PolicyDeclared) and event.subject
        ]
        for protocol in (REFERENCE, variant("flat", service=Flat))
    ]
    assert declared[0]
    assert declared[0] == declared[1]
