"""A gateway is stopped as planned: it drains before.

Requirements: F1, C2.
"""

from __future__ import annotations

from faults.kit import Aims, AtPoint, Choices, Delay, End, GatewayName, Lasting, Node, Picker, Site, Strikes, kind
from model.servers.gateway import Gateway


class _Drains(Strikes):
    gateway: GatewayName
    grace: Delay
    down: Lasting

    requirement = "F1"

    def target(self, site: Site) -> Node | None:
        return site.node(self.gateway)

    def spares(self, node: Node) -> bool:
        return not node.up or (isinstance(node, Gateway) and node.draining)

    def strike(self, site: Site, node: Node) -> End | None:
        return site.drain(node, self.grace)

    def lasts(self) -> int:
        return self.grace + self.down

    @classmethod
    def aim(cls, pick: Picker, aims: Aims) -> Choices:
        return {"gateway": pick.choose(aims.of_kind["gateway"])}

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {"grace": aims.a_while(pick), "down": aims.a_while(pick)}


@kind("drain")
class Drain(_Drains):
    """A gateway is told that it will be stopped in `grace` µs, and drains; it is stopped, and starts again `down` µs later."""


@kind("drain_at")
class DrainAt(_Drains, AtPoint):
    """A gateway that reaches a crash point is told that it will be stopped in `grace` µs; `down` µs after that it is started."""

    own = "gateway"
    most_nth = 8

    @classmethod
    def aim_at(cls, pick: Picker, aims: Aims) -> Choices:
        node, point = aims.point(pick, "gateway")
        return {"gateway": node, "point": point}
