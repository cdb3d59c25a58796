"""What faults can be aimed at in a topology, and the choices that the draws of several kinds share.

Requirements: V5, F1, F2, F3, F4, F5, F6, F7, F8, F9.
"""

from __future__ import annotations

from collections.abc import Sequence

from model.protocol import REFERENCE
from model.topology import TopologySpec, graph, store_replicas
from model.wire.routes import ROUTES
from sim.draws import Picker

MS = 1_000
SECOND = 1_000_000

ROUTED = {kind.__name__: ends for kind, ends in ROUTES.items()}
"""The kinds of message that are sent between nodes, in the order in which they are drawn, and from where to where."""


class Aims:
    """What a fault can be aimed at in a topology, in the order of the topology.

    `messages`: the only kinds of message that faults concern; none given: all. `handed_on`: accounts also move between
    devices of one user. `at_devices`: what is armed at a node's crash point is also aimed at devices. `lasting`: how long
    faults are on, in µs, if not as their kinds draw it.
    """

    def __init__(
        self,
        topology: TopologySpec,
        duration: int,
        *,
        messages: Sequence[str] = (),
        handed_on: bool = False,
        at_devices: bool = False,
        lasting: tuple[int, int] = (0, 0),
    ) -> None:
        self.duration = duration
        self.lasting = lasting
        self.handed_on = handed_on
        g = graph(topology)
        self.kind_of: dict[str, str] = {name: str(kind) for name, kind in g.nodes(data="kind")}
        self.devices = [device.name for device in topology.devices]
        self.user_of = {device.name: device.user for device in topology.devices}
        self.talks = {
            device.name: [c.name for c in topology.conversations if device.user in c.members and not c.later]
            for device in topology.devices
        }
        self.servers = [name for name, kind in self.kind_of.items() if kind != "device"]
        self.everyone = [*self.servers, *self.devices]
        self.partitions = list(store_replicas(topology))
        self.of_kind: dict[str, list[str]] = {}
        for name, kind in self.kind_of.items():
            self.of_kind.setdefault(kind, []).append(name)
        self.points = {name: cls.points for name, cls in REFERENCE.components().items() if hasattr(cls, "points")}
        aimed_at = [*self.servers, *(self.devices if at_devices else ())]
        self.pointed = [name for name in aimed_at if self.points.get(self.kind_of[name])]
        self.regions = list(topology.regions)
        self.server_regions = [
            r for r in topology.regions if any(g.nodes[name]["region"] == r for name in self.servers)
        ]
        self.device_regions = [
            r for r in topology.regions if any(g.nodes[name]["region"] == r for name in self.devices)
        ]
        self.conversations = [c.name for c in topology.conversations if not c.later]
        routes = ((name, *ends) for name, ends in ROUTED.items())
        self._every = [route for route in routes if route[1] in self.of_kind and route[2] in self.of_kind]
        self.routes = [route for route in self._every if route[0] in (messages or ROUTED)]

    def when(self, pick: Picker) -> int:
        return pick.below(self.duration)

    def armed_from(self, pick: Picker) -> int:
        """Mostly from the start, sometimes from later on."""
        return pick.below(self.duration) if pick.chance(0.3) else 0

    def a_while(self, pick: Picker) -> int:
        """From 50 ms to 100 s, short ones as likely as long ones: doubling steps. Or within what the campaign says."""
        if self.lasting[1]:
            return pick.between(*self.lasting)
        return pick.between(50, 100) * MS << pick.below(11)

    def a_long_while(self, pick: Picker) -> int:
        """Half of the time long enough for a gateway to let go and for a notification to come: 20 s to 2 min."""
        return pick.between(20, 120) * SECOND if pick.chance(0.5) and not self.lasting[1] else self.a_while(pick)

    def point(self, pick: Picker, *of: str) -> tuple[str, str]:
        """A node with crash points, of one of these kinds if they are given, and one of its points."""
        node = pick.choose([name for name in self.pointed if not of or self.kind_of[name] in of])
        return node, pick.choose(self.points[self.kind_of[node]])

    def link(self, pick: Picker) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Two ends between which some message travels, each a node or all of its kind."""
        _, a, b = self.route(pick)
        return a, b

    def route(self, pick: Picker, end: str = "") -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        """A kind of message and the two ends between which it travels, each a node or all of its kind.

        `end`: only what travels to or from this kind of node; if nothing does that faults are aimed at, anything that does.
        """
        routes = self.routes
        if end:
            routes = next(f for each in (routes, self._every) if (f := [route for route in each if end in route[1:]]))
        kind, source, target = pick.choose(routes)
        return kind, (self._end(pick, source),), (self._end(pick, target),)

    def _end(self, pick: Picker, kind: str) -> str:
        return f"kind:{kind}" if pick.chance(0.6) else pick.choose(self.of_kind[kind])

    def cut(self, pick: Picker) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Two sides of a partition: a link, one node and the rest, or two random halves."""
        style = pick.below(3)
        if style == 0:
            return self.link(pick)
        if style == 1:
            return (pick.choose(self.everyone),), ("*",)
        half = frozenset(pick.subset(self.everyone, 0.5)) or frozenset(self.everyone[:1])
        return tuple(n for n in self.everyone if n in half), tuple(n for n in self.everyone if n not in half) or ("*",)


def probability(pick: Picker) -> float:
    """The chance of each message to be struck."""
    return pick.choose((0.02, 0.1, 0.3, 0.7))
