"""A node's clock jumps, and is set right. Timers that run are not moved by a jump.

Requirements: F2.
"""

from __future__ import annotations

from faults.kit import MS, SECOND, Aims, AtPoint, Choices, End, Jump, Lasting, Node, OnNode, Picker, Site, kind


class _IsAhead(OnNode):
    by: Jump
    duration: Lasting

    requirement = "F2"

    def strike(self, site: Site, node: Node) -> End | None:
        return site.shift_clock(node, self.by)

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        """100 ms to 30 s, ahead or back."""
        duration = aims.a_while(pick)
        by = pick.choose((100 * MS, SECOND, 6 * SECOND, 30 * SECOND)) * pick.choose((-1, 1))
        return {"duration": duration, "by": by}


@kind("clock_skew")
class ClockSkew(_IsAhead):
    """The clock of a node jumps by `by` µs (negative: back) and is set right `duration` µs later."""


@kind("clock_skew_at")
class ClockSkewAt(_IsAhead, AtPoint):
    """The clock of a node jumps by `by` µs at a named crash point, and is set right `duration` µs later."""
