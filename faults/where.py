"""What a fault strikes: a node, a device, a store partition, a queue, links. Bases of kinds, each with its draw.

Requirements: F1, F3, F4, F5, F6, F8.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from faults.aims import Aims
from faults.fault import Fault
from faults.fields import CacheName, DeviceName, DeviceNames, Lasting, NodeName, PartitionName, QueueName, Selectors
from faults.site import Covers, End, Held, Site, holding, on_links
from sim.draws import Picker
from sim.network import Fate
from sim.node import Node


class Strikes(Fault):
    """Strikes one node: `target` says which, `strike` what happens to it."""

    @abstractmethod
    def target(self, site: Site) -> Node | None:
        """The node that a timed fault strikes; None: there is none now."""
        raise NotImplementedError

    @abstractmethod
    def strike(self, site: Site, node: Node) -> End | None:
        """Does it to the node; returns what ends it, or None if nothing is left to end."""
        raise NotImplementedError

    def spares(self, node: Node) -> bool:
        """Whether it would change nothing at the node now. One that is armed at a point asks when the node is there."""
        return False

    def idle(self, site: Site) -> bool:
        node = self.target(site)
        return node is None or self.spares(node)

    def holds(self, site: Site, node: Node | None = None) -> Held:
        struck = node or self.target(site)
        return holding([] if struck is None else [struck])

    def begin(self, site: Site) -> End | None:
        node = self.target(site)
        return None if node is None else self.strike(site, node)


class OnNode(Strikes):
    """At a node; drawn among the servers."""

    node: NodeName

    def target(self, site: Site) -> Node | None:
        return site.node(self.node)

    @classmethod
    def aim(cls, pick: Picker, aims: Aims) -> dict[str, Any]:
        return {"node": pick.choose(aims.servers)}


class OnAnyNode(OnNode):
    """At a node; drawn among servers and devices."""

    @classmethod
    def aim(cls, pick: Picker, aims: Aims) -> dict[str, Any]:
        return {"node": pick.choose(aims.everyone)}


class OnDevice(Strikes):
    """At a device."""

    device: DeviceName

    def target(self, site: Site) -> Node | None:
        return site.device(self.device)

    @classmethod
    def aim(cls, pick: Picker, aims: Aims) -> dict[str, Any]:
        return {"device": pick.choose(aims.devices)}


class OnPartition(Fault):
    """At a store partition."""

    partition: PartitionName

    requirement: ClassVar[str] = "F4"

    @classmethod
    def aim(cls, pick: Picker, aims: Aims) -> dict[str, Any]:
        return {"partition": pick.choose(aims.partitions)}


class OnLeader(Strikes, OnPartition):
    """At the replica that leads a store partition, whichever it is by then; if none leads, at the first one that lives."""

    def target(self, site: Site) -> Node | None:
        return site.leader(self.partition)


class OnQueue(Strikes):
    """At a queue partition."""

    queue: QueueName

    requirement: ClassVar[str] = "F5"

    def target(self, site: Site) -> Node | None:
        return site.node(self.queue)

    @classmethod
    def aim(cls, pick: Picker, aims: Aims) -> dict[str, Any]:
        return {"queue": pick.choose(aims.of_kind["queue"])}


class OnCache(Strikes):
    """At a cache: the session registry, presence, or a segment cache."""

    cache: CacheName

    requirement: ClassVar[str] = "F6"

    def target(self, site: Site) -> Node | None:
        return site.node(self.cache)

    @classmethod
    def aim(cls, pick: Picker, aims: Aims) -> dict[str, Any]:
        return {
            "cache": pick.choose([n for kind in ("registry", "presence", "cache") for n in aims.of_kind.get(kind, [])])
        }


class OnDevices(Fault):
    """At these devices (none given: all)."""

    devices: DeviceNames = ()

    def concerned(self, site: Site) -> frozenset[str]:
        """The names of the devices."""
        return frozenset(self.devices or (device.name for device in site.devices()))

    def holds(self, site: Site, node: Node | None = None) -> Held:
        concerned = self.concerned(site)
        return holding(each for each in site.devices() if each.name in concerned)


class OnPushes(OnDevices):
    """At the push provider, for these devices (none given: all), for `duration` µs."""

    duration: Lasting

    requirement: ClassVar[str] = "F7"
    everyday = True

    def holds(self, site: Site, node: Node | None = None) -> Held:
        concerned = self.concerned(site)
        return on_links([site.provider()], [each for each in site.devices() if each.name in concerned], one_way=True)

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        """For as long as the plan lasts, from its first half on."""
        return cls(**cls.aim(pick, aims), at=aims.when(pick) // 2, duration=aims.duration, **cls.how(pick, aims))

    @classmethod
    def aim(cls, pick: Picker, aims: Aims) -> dict[str, Any]:
        return {"devices": tuple(pick.subset(aims.devices, 0.5))}


class BetweenNodes(Fault):
    """Concerns what passes between nodes."""

    @abstractmethod
    def covers(self, site: Site) -> Covers:
        """Which directions between two nodes it concerns."""
        raise NotImplementedError


class OnLinks(BetweenNodes):
    """On every link between a node of `a` and a node of `b`, both ways unless `one_way` (then from a to b)."""

    a: Selectors
    b: Selectors
    one_way: bool = False

    requirement: ClassVar[str] = "F3"

    def covers(self, site: Site) -> Covers:
        in_a, in_b = site.selects(self.a), site.selects(self.b)
        one_way = self.one_way
        return lambda s, t: (in_a(s) and in_b(t)) or (not one_way and in_b(s) and in_a(t))

    def holds(self, site: Site, node: Node | None = None) -> Held:
        return on_links(site.selected(self.a), site.selected(self.b), one_way=self.one_way)

    @classmethod
    def aim(cls, pick: Picker, aims: Aims) -> dict[str, Any]:
        a, b = aims.link(pick)
        return {"a": a, "b": b}


class LinksForAWhile(OnLinks):
    """The same for `duration` µs."""

    duration: Lasting


class OnMessages(BetweenNodes):
    """Something happens to messages that pass: `concerns` says to which, `befall` what."""

    def concerns(self, name: str, ordered: bool) -> bool:
        """Whether it is about messages of this name, as frames of a connection (`ordered`) or as datagrams."""
        return True

    @abstractmethod
    def befall(self, fate: Fate, draw: int) -> None:
        """Decides the fate of a message; `draw` is a random number below 2**64."""
        raise NotImplementedError
