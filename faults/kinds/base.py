"""What all kinds of fault are made of: where they strike, how they are armed, how long they last, and how they nest.

A fault that would change nothing when its time comes does not strike: it leaves no FaultStarted, counts for nothing, and has
nothing to end. A node is down for as long as any fault that took it down, and ends with the last of them:

    1. a crash, or a pause, of a node that is dead changes nothing, however long it would last
    2. a crash of a paused node ends the pause with the life that was paused; the pause's end finds another life and does nothing
    3. a pause of a paused node changes nothing: the first one's end is the end
    4. of two faults that took one device down, a push having woken it in between, say, the one that ends last brings it back
    5. a wiped or rotated app stays down for its own time, and for that of the sleep that it was in

A push, an account that moves to another handset, and the healing start an app that a fault holds down: it is not locked.

Requirements: F1, F3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from xxhash import xxh3_64_intdigest

from faults.codec import written
from sim.draws import key
from sim.network import Fate, Rule
from sim.node import Node

if TYPE_CHECKING:
    from faults.injector import Injector

LUCK = key("fault luck")
_encode = msgspec.json.Encoder().encode

End = Callable[[], None]

TIMES = frozenset(
    ("down", "duration", "delay", "asleep", "retry_after", "lag", "by", "step", "hold", "most", "period", "apart")
)
"""The fields of faults that are times in µs, beside `at`. Any other whole number is a count, or how many times as long."""


class _Fault(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="fault"
):
    """What all faults have: when they begin, or from when on they are armed, in µs."""

    at: int = 0

    armed: ClassVar[bool] = False
    requirement: ClassVar[str] = ""
    everyday: ClassVar[bool] = True
    """Whether a campaign that names no kinds uses it: the rest of the atlas is for those that ask for it."""
    armed_form: ClassVar[str] = ""
    """The kind that does the same at a named point, if it is not called by the same name with '_at'."""

    def identity(self) -> int:
        """A number that stands for this fault in draws: from what it is, not from its place in the plan.

        A field that is said to be what it is anyway makes no difference: a plan is written without it.
        """
        return xxh3_64_intdigest(_encode(written(self)))

    def lasts(self) -> int:
        """How long the fault is on, in µs; 0 for one that is over at once."""
        return 0

    def nodes(self) -> list[tuple[str, str]]:
        """The nodes it names, as (field, name)."""
        return []

    def selectors(self) -> list[tuple[str, tuple[str, ...]]]:
        """The selectors it uses, as (field, selectors)."""
        return []

    def partitions(self) -> list[tuple[str, str]]:
        """The store partitions it names, as (field, name)."""
        return []

    def sends(self, devices: Mapping[str, str], conversations: Mapping[str, Sequence[str]]) -> dict[str, int]:
        """How many messages it makes each user send; given the users of devices, and the first members of conversations."""
        return {}

    def idle(self, injector: Injector) -> bool:
        """Whether it would change nothing if it struck now: then it does not."""
        return False

    def idle_at(self, node: Node) -> bool:
        """The same of one that is armed at a point, when this node has reached it: another may have struck there first."""
        return False

    def begin(self, injector: Injector) -> End | None:
        """Puts the fault into effect; returns what ends it, or None if nothing is left to end."""
        raise NotImplementedError


def _check_probability(fault: _Fault, field: str) -> None:
    """Raises ValueError, which begins with the field's name, for what is none, or for a fault that never happens."""
    if not 0 < getattr(fault, field) <= 1:
        raise ValueError(f"{field}: expected a probability above 0 and at most 1, got {getattr(fault, field)}")


def _check_least(fault: _Fault, **least: int) -> None:
    """Raises ValueError, which begins with the field's name, for one below its least value."""
    for field, value in least.items():
        if getattr(fault, field) < value:
            raise ValueError(f"{field}: expected at least {value}, got {getattr(fault, field)}")


class _OnNode(_Fault, frozen=True, kw_only=True):
    node: str

    def nodes(self) -> list[tuple[str, str]]:
        return [("node", self.node)]


class _OnDevice(_Fault, frozen=True, kw_only=True):
    device: str

    def nodes(self) -> list[tuple[str, str]]:
        return [("device", self.device)]


def _arm(fault: Any, nodes: Sequence[Node], strike: Callable[[Node], End | None], injector: Injector) -> End:
    """Waits for the `nth` time that one of these nodes reaches the fault's point; returns what disarms it."""
    reached = 0

    def watch(watched: Node) -> None:
        nonlocal reached
        reached += 1
        if reached == fault.nth:
            disarm()
            if not fault.idle_at(watched):
                injector.fired(fault)
                injector.ends(fault, strike(watched))

    def disarm() -> None:
        for node in nodes:
            watchers = node.watched.get(fault.point, [])
            if watch in watchers:
                watchers.remove(watch)
                if not watchers:
                    del node.watched[fault.point]

    for node in nodes:
        node.watched.setdefault(fault.point, []).append(watch)
    return disarm


class _AtPoint(_Fault, frozen=True, kw_only=True):
    """Armed at a node's crash point, for the `nth` time that it is reached from `at` on."""

    point: str
    nth: int = 1

    armed: ClassVar[bool] = True
    on: ClassVar[str] = "node"
    """The field that names the node."""

    def nodes(self) -> list[tuple[str, str]]:
        return [(self.on, getattr(self, self.on))]

    def strike(self, injector: Injector, node: Node) -> End | None:
        raise NotImplementedError

    def begin(self, injector: Injector) -> End | None:
        ((_, name),) = self.nodes()
        return _arm(self, [injector.node(name)], lambda node: self.strike(injector, node), injector)


class _OnLinks(_Fault, frozen=True, kw_only=True):
    """On every link between a node of `a` and a node of `b`, both ways unless `one_way` (then from a to b)."""

    a: tuple[str, ...]
    b: tuple[str, ...]
    one_way: bool = False

    def selectors(self) -> list[tuple[str, tuple[str, ...]]]:
        return [("a", self.a), ("b", self.b)]

    def covers(self, injector: Injector) -> Callable[[Node, Node], bool]:
        in_a, in_b = injector.selects(self.a), injector.selects(self.b)
        one_way = self.one_way
        return lambda s, t: (in_a(s) and in_b(t)) or (not one_way and in_b(s) and in_a(t))


class _ForAWhile(_OnLinks, frozen=True, kw_only=True):
    duration: int

    requirement: ClassVar[str] = "F3"

    def lasts(self) -> int:
        return self.duration


class _OnPartition(_Fault, frozen=True, kw_only=True):
    partition: str
    down: int

    requirement: ClassVar[str] = "F4"

    def partitions(self) -> list[tuple[str, str]]:
        return [("partition", self.partition)]

    def lasts(self) -> int:
        return self.down


class _Rule:
    """A fault on links, as the network asks for it."""

    __slots__ = ("apply", "covers")

    def __init__(self, covers: Callable[[Node, Node], bool], apply: Callable[[Any, int, bool, Fate], None]) -> None:
        self.covers = covers
        self.apply = apply


def lay(rule: Rule, injector: Injector) -> End:
    """Lays a rule on the links; returns what takes it away."""
    injector.network.add_rule(rule)
    return lambda: injector.network.remove_rule(rule)


def hold(node: Node, injector: Injector, back: End) -> End:
    """Holds a node down; returns what lets go of it, with `back` if no other fault holds it then."""
    injector.holds[node.name] = injector.holds.get(node.name, 0) + 1

    def let_go() -> None:
        injector.holds[node.name] -= 1
        if not injector.holds[node.name]:
            back()

    return let_go


def kill(node: Node, injector: Injector, *, point: str = "", silent: bool = False) -> End:
    """Crashes a node that is up; returns what starts it again."""
    node.crash(point=point, silent=silent)
    return hold(node, injector, node.restart)


def stop(node: Node) -> End:
    """Pauses a node that runs; returns what lets this life of it go on: another one is none of its business."""
    life = node.life
    node.pause()

    def go_on() -> None:
        if node.life is life:
            node.resume()

    return go_on


def all_of(ends: Sequence[End]) -> End:
    """Ends all of these, in order."""

    def end() -> None:
        for each in ends:
            each()

    return end
