"""Large groups: what a delivery takes does not grow with the number of members. Steps are counted, not measured."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from support import SECOND

from faults.plan import Plan, Send
from model.content import Message
from model.deployment import Deployment
from model.events import Shown
from model.servers.worker import DeliveryWorker, _Delivery
from parley.scenario import find, read

pytestmark = pytest.mark.requirement("N3", "P12")


def hot(members: int) -> Plan:
    """The group of W4 with so many members, and two messages."""
    made = read(find("w4")).plan(1)
    populations = (replace(made.topology.populations[0], count=members - 2),)
    sends = tuple(
        Send(at=(10 + 2 * i) * SECOND, device="alice-phone", conversation="stadium", body="") for i in range(2)
    )
    return replace(made, topology=replace(made.topology, populations=populations), workload=sends)


def steps(members: int) -> tuple[int, int]:
    """How many functions are called to build a deployment and to run it, and how often a message is shown."""
    made, called = hot(members), 0

    def count(_: Any, what: str, __: Any) -> None:
        nonlocal called
        called += what in ("call", "c_call")

    sys.setprofile(count)
    try:
        deployment = Deployment(made.topology, made.seed)
        for send in made.workload:
            deployment.env.at_first(send.at, lambda _: deployment.devices["alice-phone"].send("stadium", ""))
        deployment.env.run_until(20 * SECOND)
    finally:
        sys.setprofile(None)
    return called, sum(isinstance(event, Shown) for event in deployment.history)


def test_a_delivery_takes_as_many_steps_in_a_group_of_three_times_the_members() -> None:
    steps(50)  # what is done once in a process is done
    small, few = steps(200)
    large, many = steps(600)
    assert many > 2.9 * few
    assert large / many < 1.01 * small / few


class Watched(dict[str, None]):
    """Counts who looks at all of its keys."""

    looks = 0

    def __iter__(self) -> Iterator[str]:
        Watched.looks += 1
        return super().__iter__()


def test_an_ack_does_not_look_at_who_else_is_left() -> None:
    deployment = Deployment(hot(50).topology, 1)
    worker = deployment.nodes["worker-1"]
    assert isinstance(worker, DeliveryWorker)
    message = Message(conversation="stadium", seq=1, message="m", sender="alice", device="alice-phone")
    devices = [f"fan-{i}-phone" for i in range(1, 40)]
    delivery = _Delivery(message, (), whole=True)
    delivery.left = Watched.fromkeys(devices)
    for device in devices[:-1]:
        worker._settle(delivery, device)
    assert Watched.looks == 0
    assert [*delivery.left] == devices[-1:]


def test_who_looks_at_those_who_are_left_sees_them() -> None:
    class All(DeliveryWorker):
        def settled_by(self, device: str, left: Any) -> Any:
            assert [*left] == ["a", "b"] == [left[0], left[-1]]
            assert len(left) == 2
            assert "a" in left
            assert "x" not in left
            return left

    delivery = _Delivery(Message(conversation="c", seq=1, message="m", sender="a", device="d"), ("a", "b"), whole=True)
    delivery.waiting = dict.fromkeys("ab")
    All._settle(All.__new__(All), delivery, "a")
    assert not delivery.left
    assert not delivery.waiting
