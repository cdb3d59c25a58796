"""A device's connection breaks.

Requirements: F3.
"""

from __future__ import annotations

from faults.kit import End, Node, OnDevice, Site, kind


@kind("reset")
class Reset(OnDevice):
    """The device's connection breaks: what is in flight is lost, and both ends are told."""

    requirement = "F3"
    everyday = True

    def spares(self, node: Node) -> bool:
        return not node.life.connections

    def strike(self, site: Site, node: Node) -> End | None:
        for connection in list(node.life.connections):
            connection.reset()
        return None
