"""A node dies, and is started again.

Requirements: F1.
"""

from __future__ import annotations

from faults.kit import Aims, AtPoint, Choices, End, Lasting, Node, OnNode, Picker, Site, kind


class _Dies(OnNode):
    down: Lasting
    silent: bool = False

    requirement = "F1"
    everyday = True

    def spares(self, node: Node) -> bool:
        return not node.up

    def strike(self, site: Site, node: Node) -> End | None:
        return site.kill(node, silent=self.silent)

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {"down": aims.a_while(pick), "silent": pick.chance(0.3)}


@kind("crash")
class Crash(_Dies):
    """A node dies and is started again `down` µs later. `silent`: its machine dies too, so that no reset is sent."""


@kind("crash_at")
class CrashAt(_Dies, AtPoint):
    """A node dies at a named crash point, and is started again `down` µs later."""
