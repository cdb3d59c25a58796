"""Faults of the delivery queue: away, slow, leases that end at once, publishes whose outcome is unknown, a restart.

Requirements: F5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from faults.kinds.base import (
    LUCK,
    End,
    _arm,
    _AtPoint,
    _check_least,
    _check_probability,
    _Fault,
    _Rule,
    all_of,
    kill,
    lay,
)
from faults.kinds.node import slow_down
from model.servers.queue import DeliveryQueue
from sim.network import Fate

if TYPE_CHECKING:
    from faults.injector import Injector
    from sim.node import Node


class _OnQueue(_Fault, frozen=True, kw_only=True):
    """At a queue partition."""

    queue: str

    requirement: ClassVar[str] = "F5"
    everyday: ClassVar[bool] = False

    def nodes(self) -> list[tuple[str, str]]:
        return [("queue", self.queue)]


class _QueueFor(_OnQueue, frozen=True, kw_only=True):
    duration: int

    def lasts(self) -> int:
        return self.duration


class QueueUnavailable(_QueueFor, frozen=True, kw_only=True, tag="queue_unavailable"):
    """A queue partition is there for nobody, but lives: its leases run out meanwhile."""

    def begin(self, injector: Injector) -> End | None:
        queue = injector.node(self.queue)
        return injector.network.partition(lambda s, t: s is queue or t is queue)


class QueueSlow(_QueueFor, frozen=True, kw_only=True, tag="queue_slow"):
    """A queue partition answers, and hands out its tasks, `lag` µs late."""

    lag: int

    def __post_init__(self) -> None:
        _check_least(self, lag=1)

    def begin(self, injector: Injector) -> End | None:
        return slow_down(injector.node(self.queue), 1, self.lag, injector)


class ExpireLeases(_OnQueue, frozen=True, kw_only=True, tag="expire_leases"):
    """All leases of a queue partition end at once: every task that is being worked on is given out a second time."""

    def begin(self, injector: Injector) -> End | None:
        cast(DeliveryQueue, injector.node(self.queue)).expire_leases()
        return None


class ExpireLeasesAt(_AtPoint, frozen=True, kw_only=True, tag="expire_leases_at"):
    """All leases of a queue partition end at once when a node, perhaps a worker, reaches a crash point."""

    node: str
    queue: str

    requirement: ClassVar[str] = "F5"
    everyday: ClassVar[bool] = False

    def nodes(self) -> list[tuple[str, str]]:
        return [("node", self.node), ("queue", self.queue)]

    def begin(self, injector: Injector) -> End | None:
        queue = cast(DeliveryQueue, injector.node(self.queue))

        def strike(node: Node) -> End | None:
            # after the step that reached the point: the queue itself may be in the middle of giving a lease
            injector.later(0, lambda _: queue.expire_leases(), None)
            return None

        return _arm(self, [injector.node(self.node)], strike, injector)


class AmbiguousPublish(_QueueFor, frozen=True, kw_only=True, tag="ambiguous_publish"):
    """Tasks are taken into a queue partition, and with this probability the answer is lost: publishers see time-outs."""

    probability: float = 1.0

    def __post_init__(self) -> None:
        _check_probability(self, "probability")

    def begin(self, injector: Injector) -> End | None:
        queue, draws, identity = injector.node(self.queue), injector.network.draws, self.identity()
        threshold = int(self.probability * 2**64)

        def lose(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
            if type(payload).__name__ == "Published" and draws.u64(LUCK, identity, payload.key(), number) < threshold:
                fate.lost = "ambiguous"

        return lay(_Rule(lambda s, t: s is queue, lose), injector)


class AmbiguousPublishAt(_OnQueue, frozen=True, kw_only=True, tag="ambiguous_publish_at"):
    """The answer to the `nth` publish into a queue partition is lost, from `at` on: the publisher sees a time-out."""

    nth: int = 1

    armed: ClassVar[bool] = True

    def begin(self, injector: Injector) -> End | None:
        queue = injector.node(self.queue)
        passed = 0

        def lose(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
            nonlocal passed
            if type(payload).__name__ == "Published":
                passed += 1
                if passed == self.nth:
                    injector.fired(self)
                    fate.lost = "ambiguous"

        return lay(_Rule(lambda s, t: s is queue, lose), injector)


class RestartBroker(_Fault, frozen=True, kw_only=True, tag="restart_broker"):
    """The whole broker restarts: all queue partitions die at once, and are started again `down` µs later."""

    down: int

    requirement: ClassVar[str] = "F5"
    everyday: ClassVar[bool] = False

    def lasts(self) -> int:
        return self.down

    def idle(self, injector: Injector) -> bool:
        return not self.dying(injector)

    def begin(self, injector: Injector) -> End | None:
        return all_of([kill(queue, injector) for queue in self.dying(injector)])

    def dying(self, injector: Injector) -> list[DeliveryQueue]:
        return [queue for queue in injector.network.of_kind(DeliveryQueue) if queue.up]
