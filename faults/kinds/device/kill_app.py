"""An app dies; its database is kept.

Requirements: F8.
"""

from __future__ import annotations

from faults.kit import Aims, AtPoint, Choices, End, Lasting, Node, OnDevice, Picker, Site, kind


class _AppDies(OnDevice):
    down: Lasting

    requirement = "F8"
    everyday = True

    def spares(self, node: Node) -> bool:
        return not node.up

    def strike(self, site: Site, node: Node) -> End | None:
        return site.kill(node)

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {"down": aims.a_while(pick)}


@kind("kill_app")
class KillApp(_AppDies):
    """The device's app dies and is started again `down` µs later; its database is kept."""


@kind("kill_app_at")
class KillAppAt(_AppDies, AtPoint):
    """The device's app dies at a named crash point, say between local write and ack, and is started again later."""

    own = "device"
    most_nth = 8

    @classmethod
    def aim_at(cls, pick: Picker, aims: Aims) -> Choices:
        return {**cls.aim(pick, aims), "point": pick.choose(aims.points["device"])}
