"""A device's connection breaks.

Requirements: F3.
"""

from __future__ import annotations

from collections.abc import Iterator

from faults.aims import ROUTED
from faults.kit import Aims, Choices, End, Fate, Node, OnDevice, OneOnLinks, Picker, Site, There, Wrong, kind


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


@kind("reset_at")
class ResetAt(OneOnLinks):
    """The connection breaks on which that message is, with all that is in flight on it; both ends are told."""

    most_nth = 4

    def concerns(self, name: str, ordered: bool) -> bool:
        return ordered and name == self.kind

    def befall(self, fate: Fate, draw: int) -> None:
        fate.lost, fate.breaks = "reset", True

    def wrong(self, there: There) -> Iterator[Wrong]:
        yield from super().wrong(there)
        if "device" not in ROUTED.get(self.kind, ("device",)):
            yield Wrong("kind", f"expected a message between a device and its gateway, but {self.kind!r} is none")

    @classmethod
    def aim(cls, pick: Picker, aims: Aims) -> Choices:
        """What passes between devices and gateways, only."""
        kind, a, b = aims.route(pick, "device")
        return {"kind": kind, "a": a, "b": b}
