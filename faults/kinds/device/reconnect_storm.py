"""All devices of a gateway are thrown off.

Requirements: F8.
"""

from __future__ import annotations

from faults.kit import Aims, AtPoint, Choices, End, GatewayName, Node, Picker, Site, Strikes, kind


class _ThrowsOff(Strikes):
    gateway: GatewayName

    requirement = "F8"

    def target(self, site: Site) -> Node | None:
        return site.node(self.gateway)

    def spares(self, node: Node) -> bool:
        return not node.life.connections

    def strike(self, site: Site, node: Node) -> End | None:
        for connection in list(node.life.connections):
            connection.reset()
        return None

    @classmethod
    def aim(cls, pick: Picker, aims: Aims) -> Choices:
        return {"gateway": pick.choose(aims.of_kind["gateway"])}


@kind("reconnect_storm")
class ReconnectStorm(_ThrowsOff):
    """All connections of a gateway are reset at once, and its devices come back."""


@kind("reconnect_storm_at")
class ReconnectStormAt(_ThrowsOff, AtPoint):
    """All connections of a gateway are reset at once when it reaches a crash point."""

    own = "gateway"
    most_nth = 8

    @classmethod
    def aim_at(cls, pick: Picker, aims: Aims) -> Choices:
        node, point = aims.point(pick, "gateway")
        return {"gateway": node, "point": point}
