"""A node stands still, and goes on.

Requirements: F2.
"""

from __future__ import annotations

from faults.kit import Aims, AtPoint, Choices, End, Lasting, Node, OnAnyNode, Picker, Site, kind


class _StandsStill(OnAnyNode):
    duration: Lasting

    requirement = "F2"
    everyday = True

    def spares(self, node: Node) -> bool:
        return not node.life.running

    def strike(self, site: Site, node: Node) -> End | None:
        return site.stop(node)

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {"duration": aims.a_while(pick)}


@kind("pause")
class Pause(_StandsStill):
    """A node stands still for `duration` µs, unaware: a stop-the-world pause."""


@kind("pause_at")
class PauseAt(_StandsStill, AtPoint):
    """A node stands still at a named crash point, for `duration` µs."""
