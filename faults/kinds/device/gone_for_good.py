"""A device dies and never comes back.

Requirements: F8.
"""

from __future__ import annotations

from faults.kit import End, Node, OnDevice, Site, kind


@kind("gone_for_good")
class GoneForGood(OnDevice):
    """The device dies and never comes back, not even when all is healed. What it never showed has that as its excuse."""

    requirement = "F8"

    def spares(self, node: Node) -> bool:
        return node.gone

    def lasting(self) -> bool:
        return True

    def strike(self, site: Site, node: Node) -> End | None:
        site.lose(node)
        return None
