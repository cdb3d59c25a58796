"""When a fault strikes, if not at a time: at a node's crash point, at a message that passes, by chance.

A kind is one of these and what it does: `class CrashAt(Dies, AtPoint)`.

Requirements: F1, F3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from faults.aims import Aims, probability
from faults.fault import Fault, check_probability
from faults.fields import Lasting, MessageKind, MessageKinds, NodeName, Nth, There, Wrong
from faults.site import LUCK, End, Site
from faults.where import LinksForAWhile, OnLinks, OnMessages, OnPartition, Strikes
from model.wire.base import names_of
from sim.draws import Picker
from sim.network import Fate
from sim.node import Node


class Armed(Fault):
    """Waits for the `nth` time, from `at` on."""

    armed: ClassVar[bool] = True
    most_nth: ClassVar[int] = 8
    """The largest `nth` that is drawn."""

    @classmethod
    def draw_nth(cls, pick: Picker, aims: Aims) -> dict[str, Any]:
        return {"nth": pick.between(1, cls.most_nth), "at": aims.armed_from(pick)}


class AtPoint(Strikes, Armed):
    """Armed at a node's crash point, for the `nth` time that it is reached from `at` on."""

    point: str
    nth: Nth = 1

    own: ClassVar[str] = ""
    """The only kind of node that it can be armed at; '': any."""
    works_with: ClassVar[tuple[str, ...]] = ()
    """The kinds of node that random plans arm it at, if it does something to another node; none given: any."""
    most_nth = 5

    def watched(self, site: Site) -> Sequence[Node]:
        """The nodes that may reach the point."""
        node = self.target(site)
        return [] if node is None else [node]

    def begin(self, site: Site) -> End | None:
        return site.arm(self.watched(site), self.point, self.nth, lambda node: self.reached(site, node))

    def reached(self, site: Site, node: Node) -> None:
        """Strikes the node that has reached the point."""
        if not self.spares(node):
            site.fired(node)
            site.ends(self.strike(site, node))

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        return cls(**cls.aim_at(pick, aims), **cls.draw_nth(pick, aims), **cls.how(pick, aims))

    @classmethod
    def aim_at(cls, pick: Picker, aims: Aims) -> dict[str, Any]:
        """The node and the point."""
        node, point = aims.point(pick)
        return {"node": node, "point": point}

    @classmethod
    def aimed(cls, component: str, at_devices: bool) -> bool:
        """Whether random plans arm it at this kind of node. `at_devices`: whether the campaign arms faults at devices."""
        if cls.own or cls.works_with:
            return component in (cls.own, *cls.works_with)
        return at_devices or component != "device"

    def wrong(self, there: There) -> Iterator[Wrong]:
        yield from super().wrong(there)
        component = self.own or there.kinds.get(self.nodes()[0][1], "")
        if component and there.lacks_point(component, self.point):
            points = ", ".join(there.points(component))
            yield Wrong("point", f"a {component} has no crash point {self.point!r}; it has {points}")


class AtReplica(AtPoint, OnPartition):
    """Armed at a crash point that any replica of a store partition may reach."""

    own = "store"

    def watched(self, site: Site) -> Sequence[Node]:
        return site.replicas(self.partition)

    @classmethod
    def aim_at(cls, pick: Picker, aims: Aims) -> dict[str, Any]:
        return {**cls.aim(pick, aims), "point": pick.choose(aims.points["store"])}


class AtOther(AtPoint):
    """Armed at a crash point of a node, and strikes another one, right after the step that reached the point.

    The one that is struck may itself be in the middle of that step.
    """

    node: NodeName

    most_nth = 8

    def watched(self, site: Site) -> Sequence[Node]:
        return [site.node(self.node)]

    def reached(self, site: Site, node: Node) -> None:
        site.fired()
        site.later(0, lambda _: Strikes.begin(self, site), None)

    @classmethod
    def aim_at(cls, pick: Picker, aims: Aims) -> dict[str, Any]:
        node, point = aims.point(pick, *cls.works_with)
        return {"node": node, "point": point, **cls.aim(pick, aims)}


class ByChance(OnMessages):
    """For `duration` µs, concerns each message with this probability, drawn by what the message is."""

    duration: Lasting
    probability: float

    def __post_init__(self) -> None:
        check_probability(self, "probability")

    def begin(self, site: Site) -> End | None:
        draws, threshold, identity = site.draws, int(self.probability * 2**64), self.identity()

        def apply(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
            if any(self.concerns(name, ordered) for name in names_of(payload)):
                draw = draws.u64(LUCK, identity, payload.key(), number)
                if draw < threshold:
                    self.befall(fate, draws.u64(LUCK, draw))

        return site.lay(self.covers(site), apply)

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> dict[str, Any]:
        return {"duration": aims.a_while(pick), "probability": probability(pick)}


class NthMessage(OnMessages, Armed):
    """Armed for the `nth` message that it concerns, from `at` on."""

    nth: Nth = 1

    def begin(self, site: Site) -> End | None:
        passed = 0

        def apply(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
            nonlocal passed
            if any(self.concerns(name, ordered) for name in names_of(payload)):
                passed += 1
                if passed == self.nth:
                    site.fired()
                    self.befall(fate, 0)

        return site.lay(self.covers(site), apply)

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        return cls(**cls.aim(pick, aims), **cls.draw_nth(pick, aims))


class SomeOnLinks(ByChance, LinksForAWhile):
    """Concerns some of the messages on links by chance; only the payload `kinds`, if given."""

    kinds: MessageKinds = ()

    everyday = True
    ordered_too: ClassVar[bool] = True
    """Whether frames of connections are concerned as well as datagrams."""

    def concerns(self, name: str, ordered: bool) -> bool:
        return (self.ordered_too or not ordered) and (not self.kinds or name in self.kinds)


class _OfKind(OnLinks):
    kind: MessageKind
    one_way: bool = True


class OneOnLinks(NthMessage, _OfKind):
    """Armed for the `nth` message of payload `kind` that passes from a node of `a` to one of `b`, from `at` on."""

    def concerns(self, name: str, ordered: bool) -> bool:
        return name == self.kind

    @classmethod
    def aim(cls, pick: Picker, aims: Aims) -> dict[str, Any]:
        kind, a, b = aims.route(pick)
        return {"kind": kind, "a": a, "b": b}
