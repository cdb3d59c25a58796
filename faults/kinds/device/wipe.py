"""A device's database is gone.

Requirements: F8.
"""

from __future__ import annotations

from faults.kit import Aims, Choices, End, Lasting, Node, OnDevice, Picker, Site, kind


@kind("wipe")
class Wipe(OnDevice):
    """The device's local database, outbox and cursors are gone; `down` µs later the app starts as a new installation."""

    down: Lasting

    requirement = "F8"
    everyday = True

    def spares(self, node: Node) -> bool:
        return node.gone

    def strike(self, site: Site, node: Node) -> End | None:
        site.device(self.device).wipe()
        return site.hold(node, node.restart)

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {"down": aims.a_while(pick)}
