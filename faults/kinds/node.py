"""Faults of nodes: they die, stand still, are slow, are held down until something has happened.

Requirements: F1, F2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from faults.kinds.base import End, _arm, _AtPoint, _check_least, _Fault, _OnNode, _Rule, all_of, kill, lay, stop
from model.events import VOCABULARY
from sim.near import near
from sim.network import Fate
from sim.node import Node

if TYPE_CHECKING:
    from faults.injector import Injector


class Crash(_OnNode, frozen=True, kw_only=True, tag="crash"):
    """A node dies and is started again `down` µs later. `silent`: its machine dies too, so that no reset is sent."""

    down: int
    silent: bool = False

    requirement: ClassVar[str] = "F1"

    def lasts(self) -> int:
        return self.down

    def idle(self, injector: Injector) -> bool:
        return not injector.node(self.node).up

    def begin(self, injector: Injector) -> End | None:
        return kill(injector.node(self.node), injector, silent=self.silent)


class CrashAt(_AtPoint, frozen=True, kw_only=True, tag="crash_at"):
    """A node dies at a named crash point, and is started again `down` µs later."""

    node: str
    down: int
    silent: bool = False

    requirement: ClassVar[str] = "F1"

    def lasts(self) -> int:
        return self.down

    def idle_at(self, node: Node) -> bool:
        return not node.up

    def strike(self, injector: Injector, node: Node) -> End | None:
        return kill(node, injector, point=self.point, silent=self.silent)


class Pause(_OnNode, frozen=True, kw_only=True, tag="pause"):
    """A node stands still for `duration` µs, unaware: a stop-the-world pause."""

    duration: int

    requirement: ClassVar[str] = "F2"

    def lasts(self) -> int:
        return self.duration

    def idle(self, injector: Injector) -> bool:
        return not injector.node(self.node).life.running

    def begin(self, injector: Injector) -> End | None:
        return stop(injector.node(self.node))


class PauseAt(_AtPoint, frozen=True, kw_only=True, tag="pause_at"):
    """A node stands still at a named crash point, for `duration` µs."""

    node: str
    duration: int

    requirement: ClassVar[str] = "F2"

    def lasts(self) -> int:
        return self.duration

    def idle_at(self, node: Node) -> bool:
        return not node.life.running

    def strike(self, injector: Injector, node: Node) -> End | None:
        return stop(node)


class _Held(_Fault, frozen=True, kw_only=True):
    """Down until `count` events of the kind `until` have happened since, or for `most` µs if they don't."""

    node: str
    until: str
    count: int = 1
    most: int
    silent: bool = False

    requirement: ClassVar[str] = "F1"
    everyday: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check_least(self, count=1)
        if self.until not in VOCABULARY:
            raise ValueError(f"until: there is no event {self.until!r}{near(self.until, VOCABULARY)}")

    def nodes(self) -> list[tuple[str, str]]:
        return [("node", self.node)]

    def lasts(self) -> int:
        return self.most

    def idle(self, injector: Injector) -> bool:
        return not self.armed and not injector.node(self.node).up

    def idle_at(self, node: Node) -> bool:
        return not node.up

    def keep_down(self, injector: Injector, node: Node, point: str = "") -> None:
        end = kill(node, injector, point=point, silent=self.silent)
        injector.ends_when(self, end, self.until, self.count)


class HoldDown(_Held, frozen=True, kw_only=True, tag="hold_down"):
    """A node dies and stays down until `count` events of the kind `until` have happened since: say 5 times Persisted.

    It is started again within 10 ms of the last of them, and `most` µs after its death at the latest.
    """

    def begin(self, injector: Injector) -> End | None:
        self.keep_down(injector, injector.node(self.node))
        return None


class HoldDownAt(_Held, frozen=True, kw_only=True, tag="hold_down_at"):
    """A node dies at a named crash point, and stays down until `count` events of the kind `until` have happened since."""

    point: str
    nth: int = 1

    armed: ClassVar[bool] = True

    def begin(self, injector: Injector) -> End | None:
        def strike(node: Node) -> None:
            self.keep_down(injector, node, self.point)

        return _arm(self, [injector.node(self.node)], strike, injector)


def slow_down(node: Node, factor: int, lag: int, injector: Injector) -> End:
    """Makes a node slow: its work takes `factor` times as long, and what it sends leaves `lag` µs late."""
    node.slowness *= factor

    def late(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
        fate.delay += lag

    def recover() -> None:
        node.slowness //= factor

    return all_of([recover, lay(_Rule(lambda s, t: s is node, late), injector)]) if lag else recover


class SlowNode(_OnNode, frozen=True, kw_only=True, tag="slow_node"):
    """A node is slow for `duration` µs: its processor's work and its service times take `factor` times as long.

    What it sends leaves `lag` µs later: the model's reactions take no time of their own that could be multiplied.
    """

    duration: int
    factor: int = 5
    lag: int = 0

    requirement: ClassVar[str] = "F2"
    everyday: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check_least(self, factor=1, lag=0)

    def lasts(self) -> int:
        return self.duration

    def begin(self, injector: Injector) -> End | None:
        return slow_down(injector.node(self.node), self.factor, self.lag, injector)


class SlowNodeAt(_AtPoint, frozen=True, kw_only=True, tag="slow_node_at"):
    """A node becomes slow at a named crash point, for `duration` µs."""

    node: str
    duration: int
    factor: int = 5
    lag: int = 0

    requirement: ClassVar[str] = "F2"
    everyday: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check_least(self, factor=1, lag=0)

    def lasts(self) -> int:
        return self.duration

    def strike(self, injector: Injector, node: Node) -> End | None:
        return slow_down(node, self.factor, self.lag, injector)
