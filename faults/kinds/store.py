"""Faults of the store: leaders die and are cut off, quorums are lost, outcomes are unknown, replicas are behind.

Requirements: F4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from faults.kinds.base import (
    LUCK,
    End,
    _arm,
    _check_least,
    _check_probability,
    _Fault,
    _OnPartition,
    _Rule,
    all_of,
    kill,
    lay,
)
from faults.kinds.node import slow_down
from sim.network import Fate
from sim.node import Node

if TYPE_CHECKING:
    from faults.injector import Injector


class FailOver(_OnPartition, frozen=True, kw_only=True, tag="fail_over"):
    """The replica that leads a store partition dies, whichever it is by then, and is started again `down` µs later.

    If none leads, the first one that lives dies.
    """

    silent: bool = False

    def idle(self, injector: Injector) -> bool:
        return injector.leader(self.partition) is None

    def begin(self, injector: Injector) -> End | None:
        leader = injector.leader(self.partition)
        return kill(leader, injector, silent=self.silent) if leader else None


class FailOverAt(_OnPartition, frozen=True, kw_only=True, tag="fail_over_at"):
    """Whichever replica of a store partition is the `nth` to reach a crash point dies there, and is started again later.

    At 'committed', which only a leader reaches, it makes an ambiguous commit: applied, and the caller sees a time-out.
    """

    point: str
    nth: int = 1
    silent: bool = False

    armed: ClassVar[bool] = True

    def idle_at(self, node: Node) -> bool:
        return not node.up

    def begin(self, injector: Injector) -> End | None:
        def strike(node: Node) -> End | None:
            return kill(node, injector, point=self.point, silent=self.silent)

        return _arm(self, injector.replicas(self.partition), strike, injector)


class IsolateLeader(_Fault, frozen=True, kw_only=True, tag="isolate_leader"):
    """The replica that leads a store partition is cut off from the other replicas, but not from those who call it."""

    partition: str
    duration: int

    requirement: ClassVar[str] = "F4"

    def partitions(self) -> list[tuple[str, str]]:
        return [("partition", self.partition)]

    def lasts(self) -> int:
        return self.duration

    def idle(self, injector: Injector) -> bool:
        return injector.leader(self.partition) is None

    def begin(self, injector: Injector) -> End | None:
        leader = injector.leader(self.partition)
        others = [replica for replica in injector.replicas(self.partition) if replica is not leader]
        return injector.network.partition(lambda s, t: (s is leader and t in others) or (t is leader and s in others))


class LoseQuorum(_OnPartition, frozen=True, kw_only=True, tag="lose_quorum"):
    """Most replicas of a store partition die at once, and are started again `down` µs later; the first ones live on.

    Nothing can be committed meanwhile, and no leader can tell what must not be stale. One replica alone dies.
    """

    def idle(self, injector: Injector) -> bool:
        return not self.dying(injector)

    def begin(self, injector: Injector) -> End | None:
        return all_of([kill(replica, injector) for replica in self.dying(injector)])

    def dying(self, injector: Injector) -> list[Node]:
        replicas = injector.replicas(self.partition)
        return [replica for replica in replicas[-(len(replicas) // 2 + 1) :] if replica.up]


class _PartitionFor(_Fault, frozen=True, kw_only=True):
    """At a store partition, for `duration` µs."""

    partition: str
    duration: int

    requirement: ClassVar[str] = "F4"
    everyday: ClassVar[bool] = False

    def partitions(self) -> list[tuple[str, str]]:
        return [("partition", self.partition)]

    def lasts(self) -> int:
        return self.duration


class StoreUnavailable(_PartitionFor, frozen=True, kw_only=True, tag="store_unavailable"):
    """A store partition is there for nobody but its own replicas: what is asked of it, and what it answers, is lost."""

    def begin(self, injector: Injector) -> End | None:
        inside = frozenset(injector.replicas(self.partition))
        return injector.network.partition(lambda s, t: (s in inside) is not (t in inside))


class StoreSlow(_PartitionFor, frozen=True, kw_only=True, tag="store_slow"):
    """All replicas of a store partition take `factor` times as long for an operation, and send `lag` µs late."""

    factor: int = 20
    lag: int = 0

    def __post_init__(self) -> None:
        _check_least(self, factor=1, lag=0)

    def begin(self, injector: Injector) -> End | None:
        replicas = injector.replicas(self.partition)
        return all_of([slow_down(replica, self.factor, self.lag, injector) for replica in replicas])


COMMITS = ("Appended", "Recorded", "LeaseIs")
"""What the store answers to a write that was applied."""


class AmbiguousCommit(_PartitionFor, frozen=True, kw_only=True, tag="ambiguous_commit"):
    """Writes are applied, and with this probability their answers are lost: the callers see time-outs."""

    probability: float = 1.0

    def __post_init__(self) -> None:
        _check_probability(self, "probability")

    def begin(self, injector: Injector) -> End | None:
        inside, draws, identity = frozenset(injector.replicas(self.partition)), injector.network.draws, self.identity()
        threshold = int(self.probability * 2**64)

        def lose(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
            if type(payload).__name__ in COMMITS and draws.u64(LUCK, identity, payload.key(), number) < threshold:
                fate.lost = "ambiguous"

        return lay(_Rule(lambda s, t: s in inside and t not in inside, lose), injector)


class AmbiguousCommitAt(_Fault, frozen=True, kw_only=True, tag="ambiguous_commit_at"):
    """The `nth` answer to an applied write of a store partition is lost, from `at` on: its caller sees a time-out."""

    partition: str
    nth: int = 1

    armed: ClassVar[bool] = True
    requirement: ClassVar[str] = "F4"
    everyday: ClassVar[bool] = False

    def partitions(self) -> list[tuple[str, str]]:
        return [("partition", self.partition)]

    def begin(self, injector: Injector) -> End | None:
        inside = frozenset(injector.replicas(self.partition))
        passed = 0

        def lose(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
            nonlocal passed
            if type(payload).__name__ in COMMITS:
                passed += 1
                if passed == self.nth:
                    injector.fired(self)
                    fate.lost = "ambiguous"

        return lay(_Rule(lambda s, t: s in inside and t not in inside, lose), injector)


class WriteConflict(_Fault, frozen=True, kw_only=True, tag="write_conflict"):
    """The next `times` appends that the leader of a store partition would commit are refused: another write was first."""

    partition: str
    times: int = 1

    requirement: ClassVar[str] = "F4"
    everyday: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check_least(self, times=1)

    def partitions(self) -> list[tuple[str, str]]:
        return [("partition", self.partition)]

    def idle(self, injector: Injector) -> bool:
        return injector.leader(self.partition) is None

    def begin(self, injector: Injector) -> End | None:
        _conflicts(self, injector)
        return None


class WriteConflictAt(_Fault, frozen=True, kw_only=True, tag="write_conflict_at"):
    """When a replica of a store partition is the `nth` to reach a crash point, its leader refuses the next `times` appends."""

    partition: str
    point: str
    nth: int = 1
    times: int = 1

    armed: ClassVar[bool] = True
    requirement: ClassVar[str] = "F4"
    everyday: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check_least(self, times=1)

    def partitions(self) -> list[tuple[str, str]]:
        return [("partition", self.partition)]

    def begin(self, injector: Injector) -> End | None:
        def strike(node: Node) -> End | None:
            _conflicts(self, injector)
            return None

        return _arm(self, injector.replicas(self.partition), strike, injector)


def _conflicts(fault: WriteConflict | WriteConflictAt, injector: Injector) -> None:
    leader = injector.leader(fault.partition)
    if leader is not None:
        leader.conflicts += fault.times

        def clear() -> None:
            leader.conflicts = 0

        injector.until_healed(fault, clear)


class StaleFollowers(_PartitionFor, frozen=True, kw_only=True, tag="stale_followers"):
    """The followers of a store partition apply what is committed `lag` µs later than they would: they read stale."""

    lag: int

    def __post_init__(self) -> None:
        _check_least(self, lag=1)

    def begin(self, injector: Injector) -> End | None:
        replicas = injector.replicas(self.partition)
        for replica in replicas:
            replica.behind += self.lag

        def catch_up() -> None:
            for replica in replicas:
                replica.behind -= self.lag

        return catch_up


class QuorumGoneForGood(_Fault, frozen=True, kw_only=True, tag="quorum_gone_for_good"):
    """Most replicas of a store partition die and never come back, not even when all is healed.

    What its conversations owe then has that as its excuse, and nothing else has.
    """

    partition: str

    requirement: ClassVar[str] = "F4"
    everyday: ClassVar[bool] = False

    def partitions(self) -> list[tuple[str, str]]:
        return [("partition", self.partition)]

    def begin(self, injector: Injector) -> End | None:
        injector.lose_quorum(self.partition)
        return None
